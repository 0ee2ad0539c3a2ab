/** `ctr images push`: from containerd's content store to a registry. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { parsePlatform } from "@eras/oci-spec/platform.ts";
import { push as pushTo } from "@eras/registry-client/push.ts";
import { flag, leaf, numberFlag } from "../../command.ts";
import { ContainerdSource } from "../../image/containerd-store.ts";
import { getImage, parseRemote, targetOf } from "../../image/image-store.ts";
import { ProgressDisplay } from "../../image/progress.ts";
import { REGISTRY_OPTIONS, type RegistryFlags, registryClient } from "../../image/registry-flags.ts";
import { manifestFor } from "../../image/resolve-content.ts";

interface PushFlags extends RegistryFlags {
  readonly platform?: string;
  readonly maxConcurrentUploadedLayers?: number;
}

export const push = leaf<PushFlags>({
  name: "push",
  summary: "push an image to a remote",
  usage: "[flags] <remote> [<local>]",
  options: [
    ...REGISTRY_OPTIONS,
    flag("--platform <value>", "push content from a specific platform"),
    numberFlag("--max-concurrent-uploaded-layers <value>", "Set the max concurrent uploaded layers for each push"),
  ],
  async run({ flags, args: [remote, local = remote], containerd }) {
    if (!remote || !local) throw new InvalidArgument("please provide a remote image reference to push");
    const reference = parseRemote(remote);
    const image = targetOf(await getImage(containerd, local));
    const target = flags.platform
      ? (await manifestFor(containerd, image, parsePlatform(flags.platform))).descriptor
      : image;
    const source = new ContainerdSource(containerd);
    const display = new ProgressDisplay("uploading");
    try {
      await pushTo(registryClient(reference.domain, flags, containerd.signal), reference, target, source, {
        ...(flags.maxConcurrentUploadedLayers && { concurrency: flags.maxConcurrentUploadedLayers }),
        mountFrom: (blob) => source.mountFrom(blob, reference),
        onProgress: display.update,
      });
    } finally {
      display.end();
    }
  },
});
