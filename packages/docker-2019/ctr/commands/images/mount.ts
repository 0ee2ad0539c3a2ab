/** `ctr images mount` and `unmount`: an image's files, in a directory of the host. */

import { resolve } from "node:path";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { hostPlatform, parsePlatform } from "@eras/oci-spec/platform.ts";
import { flag, leaf } from "../../command.ts";
import { type Containerd, expiring } from "../../containerd.ts";
import { snapshotLabel } from "../../image/gc-labels.ts";
import { getImage, targetOf } from "../../image/image-store.ts";
import { manifestFor } from "../../image/resolve-content.ts";
import { unpack } from "../../image/unpack.ts";
import { mountAll, unmountAll } from "../../mount.ts";
import { print } from "../../output/print.ts";
import { SNAPSHOTTER_OPTION, type SnapshotterFlags } from "../../snapshotter-flag.ts";

/** How long the lease holds the snapshot of a mount: a day. */
const MOUNT_LIFE_MS = 24 * 3_600_000;

interface MountFlags extends SnapshotterFlags {
  readonly rw?: true;
  readonly platform?: string;
}

export const mount = leaf<MountFlags>({
  name: "mount",
  summary: "mount an image to a target path",
  usage: "[flags] <ref> <target>",
  options: [
    SNAPSHOTTER_OPTION,
    flag("--rw", "Enable write support on the mount"),
    flag("--platform <value>", "Mount the image for the specified platform"),
  ],
  async run({ flags, args: [name, target], containerd }) {
    if (!name) throw new InvalidArgument("please provide an image reference to mount");
    if (!target) throw new InvalidArgument("please provide a target path to mount to");
    await holding(containerd, flags.snapshotter, target);
    await mountImage(containerd.underLease(target), name, target, flags);
    print(target);
  },
});

/** A lease of the target's name holds the snapshot of the target's name: nothing else refers to it. */
async function holding(containerd: Containerd, snapshotter: string, target: string): Promise<void> {
  const labels = { ...expiring(MOUNT_LIFE_MS), ...snapshotLabel(snapshotter, target) };
  await containerd.leases.create({ id: target, labels }).catch((error: Error) => {
    if (error.name !== "AlreadyExists") throw error;
  });
}

async function mountImage(containerd: Containerd, name: string, target: string, flags: MountFlags): Promise<void> {
  const { snapshotter, rw, platform } = flags;
  const image = targetOf(await getImage(containerd, name));
  const { manifest } = await manifestFor(containerd, image, platform ? parsePlatform(platform) : hostPlatform());
  const parent = await unpack(containerd, manifest, snapshotter);
  print(parent);
  const { mounts } = await containerd.snapshots[rw ? "prepare" : "view"]({ snapshotter, key: target, parent });
  try {
    mountAll(mounts, resolve(target));
  } catch (error) {
    await containerd.snapshots.remove({ snapshotter, key: target });
    throw error;
  }
}

interface UnmountFlags extends SnapshotterFlags {
  readonly rm?: true;
}

export const unmount = leaf<UnmountFlags>({
  name: "unmount",
  summary: "unmount the image from the target",
  usage: "[flags] <target>",
  options: [SNAPSHOTTER_OPTION, flag("--rm", "remove the snapshot after a successful unmount")],
  async run({ flags: { rm, snapshotter }, args: [target], containerd }) {
    if (!target) throw new InvalidArgument("please provide a target path to unmount from");
    unmountAll(resolve(target));
    if (rm) {
      await containerd.snapshots.remove({ snapshotter, key: target });
      await containerd.leases.delete({ id: target }); // last: without it the garbage collector takes the snapshot
    }
    print(target);
  },
});
