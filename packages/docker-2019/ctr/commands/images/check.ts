/** `ctr images check`: whether all that an image needs is here, and unpacked. */
import { chainId } from "@eras/oci-spec/chain-id.ts";
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import { hostPlatform } from "@eras/oci-spec/platform.ts";
import type { Image } from "../../../proto/gen/images_pb.ts";
import { flag, leaf } from "../../command.ts";
import type { Containerd } from "../../containerd.ts";
import { completenessOf } from "../../image/image-size.ts";
import { targetOf } from "../../image/image-store.ts";
import { manifestFor } from "../../image/resolve-content.ts";
import { diffIdsOf, hasSnapshot } from "../../image/unpack.ts";
import { binarySize } from "../../output/byte-size.ts";
import { print, printTable } from "../../output/print.ts";
import { NARROW } from "../../output/table.ts";
import { SNAPSHOTTER_OPTION, type SnapshotterFlags } from "../../snapshotter-flag.ts";

interface CheckFlags extends SnapshotterFlags {
  readonly quiet?: true;
}

export const check = leaf<CheckFlags>({
  name: "check",
  summary: "check existing images to ensure all content is available locally",
  usage: "[flags] [<filter>, ...]",
  options: [flag("-q, --quiet", "print only the ready image refs (fully downloaded and unpacked)"), SNAPSHOTTER_OPTION],
  async run({ flags: { quiet, snapshotter }, args, containerd }) {
    const { images } = await containerd.images.list({ filters: args });
    const rows: string[] = [];
    for (const image of images) {
      const { status, sizes, isComplete } = await examine(containerd, image);
      const isThere = await isUnpacked(containerd, image, snapshotter);
      const { mediaType, digest } = targetOf(image);
      if (quiet && isComplete && isThere) print(image.name);
      rows.push(`${image.name}\t${mediaType}\t${digest}\t${status}\t${sizes}\t${isThere}`);
    }
    if (!quiet && rows.length > 0) printTable(["REF\tTYPE\tDIGEST\tSTATUS\tSIZE\tUNPACKED\t", ...rows], NARROW);
  },
});

interface Examined {
  readonly status: string;
  readonly sizes: string;
  readonly isComplete: boolean;
}

async function examine(containerd: Containerd, image: Image): Promise<Examined> {
  try {
    const { present, required, presentBytes, requiredBytes } = await completenessOf(containerd, targetOf(image));
    const word = present === required ? "complete" : "incomplete";
    return {
      status: `${word} (${present}/${required})`,
      sizes: `${binarySize(presentBytes)}/${binarySize(requiredBytes)}`,
      isComplete: present === required,
    };
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    return { status: "unavailable (0/?)", sizes: "0.0 B/?", isComplete: false };
  }
}

/** What is unpacked stays so when the layers it came from are gone. */
async function isUnpacked(containerd: Containerd, image: Image, snapshotter: string): Promise<boolean> {
  try {
    const { manifest } = await manifestFor(containerd, targetOf(image), hostPlatform());
    return await hasSnapshot(containerd, snapshotter, chainId(await diffIdsOf(containerd, manifest)));
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    return false; // without a config nobody knows the snapshot's name
  }
}
