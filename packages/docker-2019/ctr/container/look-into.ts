/** A look at the files of a snapshot, before a container has it. */
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { umount } from "@eras/linux/mount.ts";
import type { Mount } from "../../proto/gen/types_pb.ts";
import { mountAll } from "../mount.ts";

/** Has mounts in a directory of ctr's own, as long as the look takes. */
export function lookInto<Result>(mounts: readonly Mount[], look: (rootfs: string) => Result): Result {
  const rootfs = mkdtempSync(join(tmpdir(), "ctr-rootfs-"));
  try {
    mountAll(mounts.map(readonlyMount), rootfs);
    try {
      return look(rootfs);
    } finally {
      umount(rootfs);
    }
  } finally {
    rmdirSync(rootfs);
  }
}

/** A look changes nothing. An overlay without its upper directory is read-only, and may lie beside one with it. */
function readonlyMount(mount: Mount): Mount {
  if (mount.type !== "overlay") return { ...mount, options: [...mount.options.filter((one) => one !== "rw"), "ro"] };
  const lower = mount.options.find((one) => one.startsWith("lowerdir="))!;
  const upper = mount.options.find((one) => one.startsWith("upperdir="));
  if (upper === undefined) return mount;
  const stacked = `lowerdir=${upper.slice("upperdir=".length)}:${lower.slice("lowerdir=".length)}`;
  return { ...mount, options: [stacked, "ro"] };
}
