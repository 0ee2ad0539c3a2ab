/**
 * Mounts, as a snapshotter describes them, made by ctr itself: it must see the same files as containerd, and so runs on the same host.
 *
 *     {type: "overlay", source: "overlay", options: ["lowerdir=…", "upperdir=…", "workdir=…"]}
 *     {type: "bind", source: "/…/fs", options: ["ro", "rbind"]}
 */
import { isErrno } from "@eras/linux/errno.ts";
import { MNT_DETACH, MS_BIND, MS_REC, MS_REMOUNT, mount, parseMountOptions, umount } from "@eras/linux/mount.ts";
import type { Mount } from "../proto/gen/types_pb.ts";

/** What a bind mount takes in a second call only. */
const WITHOUT_REMOUNT = MS_BIND | MS_REC;

/**
 * Mounts all, in their order, at `target`, which is there.
 *
 * @throws {ErrnoError}
 */
export function mountAll(mounts: readonly Mount[], target: string): void {
  for (const { type, source, options } of mounts) {
    const { flags, data, propagation } = parseMountOptions(options.join(","));
    mount(source, target, type, flags, data === "" ? null : data);
    if (flags & MS_BIND && flags & ~WITHOUT_REMOUNT) mount(null, target, null, flags | MS_REMOUNT, null);
    for (const change of propagation) mount(null, target, null, change, null);
  }
}

/** Takes away whatever is mounted at `target`, all of it; if there is no such directory, that is nothing. */
export function unmountAll(target: string): void {
  try {
    for (;;) umount(target, MNT_DETACH);
  } catch (error) {
    if (!isErrno(error, "EINVAL", "ENOENT")) throw error; // EINVAL: nothing is mounted there any more
  }
}

/** The command that would do it: `mount -t overlay overlay /mnt -o …`. */
export function mountCommand({ type, source, options }: Mount, target: string): string {
  return `mount -t ${type} ${source} ${target} -o ${options.join(",")}`;
}
