/** The file system that a driver's directory is on, as `docker info` names it. */
import { closeSync, openSync } from "node:fs";
import { BTRFS_SUPER_MAGIC } from "@eras/linux/btrfs.ts";
import { filesystemType } from "@eras/linux/statfs.ts";

/** Numbers of include/uapi/linux/magic.h, with the names of moby's `FsNames`. */
const FILESYSTEM_NAMES: ReadonlyMap<number, string> = new Map([
  [0x61756673, "aufs"],
  [BTRFS_SUPER_MAGIC, "btrfs"],
  [0xf15f, "ecryptfs"],
  [0xef53, "extfs"],
  [0xf2f52010, "f2fs"],
  [0x6969, "nfs"],
  [0x794c7630, "overlayfs"],
  [0x52654973, "reiserfs"],
  [0x01021994, "tmpfs"],
  [0x58465342, "xfs"],
  [0x2fc12fc1, "zfs"],
]);

/** `extfs`, `xfs`, `btrfs` … or `<unknown>`. */
export function backingFilesystem(directory: string): string {
  const fd = openSync(directory, "r");
  try {
    return FILESYSTEM_NAMES.get(filesystemType(fd)) ?? "<unknown>";
  } finally {
    closeSync(fd);
  }
}
