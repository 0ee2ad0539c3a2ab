/** `ctr images tag`, `rm` and `label`: what images are called, and what is said of them. */
import { InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { flag, leaf, parsePairs } from "../../command.ts";
import { toWire } from "../../image/descriptor.ts";
import { getImage, putImage, targetOf } from "../../image/image-store.ts";
import { log } from "../../output/log.ts";
import { formatLabels, print } from "../../output/print.ts";

export const tag = leaf<{ force?: true }>({
  name: "tag",
  summary: "tag an image",
  usage: "[flags] <source_ref> <target_ref> [<target_ref>, ...]",
  options: [flag("--force", "force target_ref to be created, regardless if it already exists")],
  async run({ flags: { force }, args: [source, ...names], containerd }) {
    if (!source) throw new InvalidArgument("please provide an image reference to tag from");
    if (names.length === 0) throw new InvalidArgument("please provide an image reference to tag to");
    const image = await getImage(containerd, source);
    for (const name of names) {
      if (force) await putImage(containerd, name, targetOf(image), image.labels);
      else await containerd.images.create({ image: { name, target: toWire(targetOf(image)), labels: image.labels } });
      print(name);
    }
  },
});

export const remove = leaf<{ sync?: true }>({
  name: "delete",
  aliases: ["del", "remove", "rm"],
  summary: "remove one or more images by reference",
  usage: "[flags] <ref> [<ref>, ...]",
  options: [flag("--sync", "Synchronously remove image and all associated resources")],
  async run({ flags: { sync }, args, containerd }) {
    let failure: Error | undefined;
    for (const [index, name] of args.entries()) {
      try {
        await containerd.images.delete({ name, sync: sync && index === args.length - 1 }); // one collection does for all
        print(name);
      } catch (error) {
        if (error instanceof NotFound) log("warning", `${name}: image not found`);
        else failure ??= new Error(`unable to delete ${name}: ${(error as Error).message}`, { cause: error });
      }
    }
    if (failure) throw failure;
  },
});

export const label = leaf<{ replaceAll?: true }>({
  name: "label",
  summary: "set and clear labels for an image",
  usage: "[flags] <name> [<key>=<value>, ...]",
  options: [flag("-r, --replace-all", "replace all labels")],
  async run({ flags: { replaceAll }, args: [name, ...pairs], containerd }) {
    if (!name) throw new InvalidArgument("please specify an image");
    const labels = parsePairs(pairs);
    const paths = replaceAll ? ["labels"] : Object.keys(labels).map((key) => `labels.${key}`);
    const { image } = await containerd.images.update({ image: { name, labels }, updateMask: { paths } });
    print(formatLabels(image!.labels, ""));
  },
});
