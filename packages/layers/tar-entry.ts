/**
 * One file of an archive: what every part of this package hands to the next.
 *
 * Why our own codec: tar-stream, tar and modern-tar decode PAX values as UTF-8, which destroys binary attributes such as
 * security.capability, and none of them reads sparse files. What image layers need beyond them is small and is the subject here, so
 * the reader and the writer of this package are ours.
 *
 *     archive bytes ─▶ decompress ─▶ tar-reader (tar-header, pax, sparse) ─▶ TarEntry ─▶ apply ─▶ directory
 *     directory ─▶ walk ─▶ TarEntry ─▶ tar-writer (tar-header, pax) ─▶ archive bytes
 */

/** What kind of file an entry is. A "link" is a hard link, a second name of an earlier entry. */
export type EntryType = "file" | "link" | "symlink" | "character-device" | "block-device" | "directory" | "fifo";

/** A file's metadata. Names are strings of file-name.ts. */
export interface TarEntry {
  /** As the archive has it: not yet safe to use as a path, see safe-path.ts. */
  readonly name: string;
  readonly type: EntryType;
  /** Permissions with the set-user-ID, set-group-ID and sticky bits: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a "file", holes included; 0 for all others. */
  readonly size: number;
  /** Last modification, nanoseconds since 1970, negative before. */
  readonly mtimeNs: bigint;
  /** Target of a "link" (a name in the archive) or "symlink" (any text), else "". */
  readonly linkName: string;
  /** Numbers of a device, else 0. */
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  /** Extended attributes by full name, such as `security.capability`. */
  readonly xattrs: ReadonlyMap<string, Buffer>;
}

/** An empty file of root's, without a name: what entries that stand for no file of anybody's are made from. */
export const PLAIN_ENTRY: TarEntry = {
  name: "",
  type: "file",
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtimeNs: 0n,
  linkName: "",
  deviceMajor: 0,
  deviceMinor: 0,
  xattrs: new Map(),
};
