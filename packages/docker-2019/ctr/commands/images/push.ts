/** `ctr images push`: from containerd's content store to a registry. */
import { type Digest, parseDigest } from "@eras/oci-spec/digest.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { OCI_MANIFEST } from "@eras/oci-spec/image/media-types.ts";
import { parsePlatform } from "@eras/oci-spec/platform.ts";
import { push as pushTo } from "@eras/registry-client/push.ts";
import { flag, leaf, numberFlag } from "../../command.ts";
import type { Containerd } from "../../containerd.ts";
import { ContainerdSource } from "../../image/containerd-store.ts";
import { getImage, parseRemote, targetOf } from "../../image/image-store.ts";
import { ProgressDisplay } from "../../image/progress.ts";
import { REGISTRY_OPTIONS, type RegistryFlags, registryClient } from "../../image/registry-flags.ts";
import { manifestFor } from "../../image/resolve-content.ts";

interface PushFlags extends RegistryFlags {
  readonly manifest?: string;
  readonly manifestType: string;
  readonly platform?: string;
  readonly maxConcurrentUploadedLayers?: number;
}

export const push = leaf<PushFlags>({
  name: "push",
  summary: "push an image to a remote",
  usage: "[flags] <remote> [<local>]",
  options: [
    ...REGISTRY_OPTIONS,
    flag("--manifest <value>", "digest of manifest"),
    flag("--manifest-type <value>", "media type of manifest digest").default(OCI_MANIFEST),
    flag("--platform <value>", "push content from a specific platform"),
    numberFlag("--max-concurrent-uploaded-layers <value>", "Set the max concurrent uploaded layers for each push"),
  ],
  async run({ flags, args: [remote, local = remote], containerd }) {
    if (!remote || !local) throw new InvalidArgument("please provide a remote image reference to push");
    const reference = parseRemote(remote);
    const target = await chooseTarget(containerd, local, flags);
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

/** What is to be pushed: of an image all, or what is for a platform; or a manifest that need not belong to one. */
async function chooseTarget(
  containerd: Containerd,
  local: string,
  { manifest, manifestType, platform }: PushFlags,
): Promise<Descriptor> {
  if (manifest !== undefined) {
    const digest = manifestDigest(manifest);
    const { info } = await containerd.content.info({ digest });
    return { mediaType: manifestType, digest, size: Number(info!.size) };
  }
  const image = targetOf(await getImage(containerd, local));
  return platform ? (await manifestFor(containerd, image, parsePlatform(platform))).descriptor : image;
}

function manifestDigest(text: string): Digest {
  try {
    return parseDigest(text);
  } catch (cause) {
    throw new InvalidArgument(`invalid manifest digest: ${(cause as Error).message}`, { cause });
  }
}
