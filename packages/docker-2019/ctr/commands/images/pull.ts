/** `ctr images pull`: resolves, fetches into containerd's content store, unpacks, names the image. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { formatPlatform, hostPlatform } from "@eras/oci-spec/platform.ts";
import type { ProgressListener } from "@eras/registry-client/content.ts";
import { type Pulled, pull as pullFrom } from "@eras/registry-client/pull.ts";
import { formatElapsed } from "../../../duration.ts";
import { step } from "../../../step.ts";
import { flag, leaf, listFlag, numberFlag, parsePairs } from "../../command.ts";
import type { Containerd } from "../../containerd.ts";
import { ContainerdSink } from "../../image/containerd-store.ts";
import { EagerUnpack } from "../../image/eager-unpack.ts";
import { parseRemote, putImage } from "../../image/image-store.ts";
import { chosenPlatforms, PLATFORM_OPTIONS, type PlatformFlags } from "../../image/platform-flags.ts";
import { ProgressDisplay } from "../../image/progress.ts";
import { REGISTRY_OPTIONS, type RegistryFlags, registryClient } from "../../image/registry-flags.ts";
import { platformsOf } from "../../image/resolve-content.ts";
import { print } from "../../output/print.ts";
import { SNAPSHOTTER_OPTION, type SnapshotterFlags } from "../../snapshotter-flag.ts";

interface PullFlags extends RegistryFlags, PlatformFlags, SnapshotterFlags {
  readonly label: readonly string[];
  readonly printChainid?: true;
  readonly maxConcurrentDownloads?: number;
}

export const pull = leaf<PullFlags>({
  name: "pull",
  summary: "pull an image from a remote",
  usage: "[flags] <ref>",
  options: [
    ...REGISTRY_OPTIONS,
    SNAPSHOTTER_OPTION,
    ...PLATFORM_OPTIONS,
    listFlag("--label <value>", "labels to attach to the image"),
    flag("--print-chainid", "Print the resulting image's chain ID"),
    numberFlag("--max-concurrent-downloads <value>", "Set the max concurrent downloads for each pull"),
  ],
  async run({ flags, args: [name], containerd }) {
    if (!name) throw new InvalidArgument("please provide an image reference to pull");
    await containerd.withLease(async (leased) => {
      const unpacking = new EagerUnpack(leased, flags.snapshotter);
      try {
        const pulled = await fetchImage(leased, name, flags, unpacking.update);
        const start = performance.now();
        await finishUnpacking(leased, unpacking, pulled, flags);
        await putImage(leased, name, pulled.target, parsePairs(flags.label)); // last: what has a name is whole
        print(`done: ${formatElapsed(performance.now() - start)}\t`);
      } catch (error) {
        await unpacking.giveUp(error);
        throw error;
      }
    });
  },
});

/**
 * Fetches what the name stands for into containerd's store, and draws how far it is. Call under a lease.
 *
 * @param onProgress - Told how far it is, too.
 */
export async function fetchImage(
  containerd: Containerd,
  name: string,
  flags: RegistryFlags & PlatformFlags & { readonly maxConcurrentDownloads?: number },
  onProgress: ProgressListener = () => {},
): Promise<Pulled> {
  step("ctr.fetch-image", { name });
  const reference = parseRemote(name);
  const display = new ProgressDisplay("downloading");
  display.resolving(name);
  let isResolved = false;
  try {
    return await pullFrom(
      registryClient(reference.domain, flags, containerd.signal),
      reference,
      new ContainerdSink(containerd, reference),
      {
        platforms: chosenPlatforms(flags),
        ...(flags.maxConcurrentDownloads && { concurrency: flags.maxConcurrentDownloads }),
        onProgress: (progress) => {
          display.update(progress);
          onProgress(progress);
        },
        onResolved: () => {
          isResolved = true;
          display.resolved(name);
        },
      },
    );
  } catch (error) {
    throw isResolved ? error : resolveFailure(name, error as Error);
  } finally {
    display.end(isResolved);
  }
}

/** In containerd's words: a reference that isn't there is told by its name, everything else by what happened. */
function resolveFailure(name: string, error: Error): Error {
  const reason = error.name === "NotFound" ? `${name}: not found` : error.message;
  return new Error(`failed to resolve reference ${JSON.stringify(name)}: ${reason}`, { cause: error });
}

async function finishUnpacking(
  containerd: Containerd,
  unpacking: EagerUnpack,
  { target, manifests }: Pulled,
  flags: PullFlags,
): Promise<void> {
  for (const { descriptor } of manifests) {
    const [platform = hostPlatform()] = await platformsOf(containerd, descriptor);
    print(`unpacking ${formatPlatform(platform)} ${target.digest}...`);
    const chainId = await unpacking.result(descriptor);
    if (flags.printChainid) print(`image chain ID: ${chainId}`);
  }
}
