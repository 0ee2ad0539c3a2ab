/** Files that a walk meets, as entries: what an archive has of them, and what a copy needs. */
import { major, minor } from "@eras/linux/mknod.ts";
import { readlinkat } from "@eras/linux/open.ts";
import { decodeName } from "./file-name.ts";
import { xattrsOfFile } from "./metadata.ts";
import type { EntryType, TarEntry } from "./tar-entry.ts";
import type { WalkedFile } from "./walk.ts";

/** What kind of entry a file is: `undefined` for a socket, which means nothing without the process that listens. */
export function typeOf({ stats }: WalkedFile): EntryType | undefined {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isCharacterDevice()) return "character-device";
  if (stats.isBlockDevice()) return "block-device";
  return stats.isFIFO() ? "fifo" : undefined;
}

/**
 * All that is to be known of a file but its content.
 *
 * @param firstPath - Set when the file was met already, under this path: it is a link then.
 */
export function entryOf({ path, fd, stats }: WalkedFile, type: EntryType, firstPath: string | undefined): TarEntry {
  const isDevice = type === "character-device" || type === "block-device";
  return {
    name: type === "directory" ? `${path === "" ? "." : path}/` : path,
    type: firstPath === undefined ? type : "link",
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    size: type === "file" && firstPath === undefined ? Number(stats.size) : 0,
    mtimeNs: stats.mtimeNs,
    linkName: firstPath ?? (type === "symlink" ? decodeName(readlinkat(fd, "")) : ""),
    deviceMajor: isDevice ? major(Number(stats.rdev)) : 0,
    deviceMinor: isDevice ? minor(Number(stats.rdev)) : 0,
    xattrs: firstPath === undefined ? xattrsOfFile(fd) : new Map(),
  };
}

/** Remembers files with several names, to write their content once. */
export class HardLinks {
  readonly #firstPaths = new Map<string, string>();

  /** The path under which the file came before, or `undefined` the first time. */
  firstPathOf({ path, stats }: WalkedFile): string | undefined {
    if (stats.nlink < 2n || stats.isDirectory()) return undefined;
    const file = `${stats.dev}:${stats.ino}`;
    const firstPath = this.#firstPaths.get(file);
    if (firstPath === undefined) this.#firstPaths.set(file, path);
    return firstPath;
  }
}
