/** `ctr images ls`. */
import { formatPlatform } from "@eras/oci-spec/platform.ts";
import type { Image } from "../../../proto/gen/images_pb.ts";
import { flag, leaf } from "../../command.ts";
import type { Containerd } from "../../containerd.ts";
import { sizeOf } from "../../image/image-size.ts";
import { targetOf } from "../../image/image-store.ts";
import { platformsOf } from "../../image/resolve-content.ts";
import { binarySize } from "../../output/byte-size.ts";
import { log } from "../../output/log.ts";
import { formatLabels, print, printTable } from "../../output/print.ts";
import { NARROW } from "../../output/table.ts";

export const list = leaf<{ quiet?: true }>({
  name: "list",
  aliases: ["ls"],
  summary: "list images known to containerd",
  usage: "[flags] [<filter>, ...]",
  options: [flag("-q, --quiet", "print only the image refs")],
  async run({ flags: { quiet }, args, containerd }) {
    const { images } = await containerd.images.list({ filters: args }).catch((cause: Error) => {
      throw new Error(`failed to list images: ${cause.message}`, { cause });
    });
    if (quiet) return images.forEach(({ name }) => void print(name));
    const rows: string[] = [];
    for (const image of images) rows.push(await row(containerd, image));
    printTable(["REF\tTYPE\tDIGEST\tSIZE\tPLATFORMS\tLABELS\t", ...rows], NARROW);
  },
});

async function row(containerd: Containerd, image: Image): Promise<string> {
  const { mediaType, digest } = targetOf(image);
  const size = await orDash(image, async () => binarySize(await sizeOf(containerd, targetOf(image))));
  const platforms = await orDash(image, async () => {
    const all = (await platformsOf(containerd, targetOf(image))).map(formatPlatform);
    return [...new Set(all)].sort().join(",");
  });
  return `${image.name}\t${mediaType}\t${digest}\t${size}\t${platforms}\t${formatLabels(image.labels, "-")}\t`;
}

/** An image of which a part is missing is listed all the same. */
async function orDash(image: Image, find: () => Promise<string>): Promise<string> {
  try {
    return await find();
  } catch (error) {
    log("debug", `cannot look into ${image.name}`, { error: (error as Error).message });
    return "-";
  }
}
