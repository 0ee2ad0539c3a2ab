/** Owner, attributes, mode and time: of a file that was just made, in the order in which none undoes another; and back. */
import { chmodSync, fchmodSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { AT_EMPTY_PATH, fchownat, utimensat } from "@eras/linux/open.ts";
import { getxattr, listxattr, setxattr } from "@eras/linux/xattr.ts";
import { compareNames } from "./file-name.ts";
import type { TarEntry } from "./tar-entry.ts";
import { descriptorPath } from "./target.ts";
import { isOverlayXattr } from "./xattr-records.ts";

/**
 * Gives an open file the metadata of an entry.
 *
 * @param fd - Of any kind of file, a symbolic link too; open for writing if it is a regular file, else O_PATH is enough.
 * @throws {ErrnoError} EPERM without the privilege for an owner or attribute.
 */
export function setMetadata(fd: number, { type, uid, gid, xattrs, mode, mtimeNs }: TarEntry): void {
  fchownat(fd, "", uid, gid, AT_EMPTY_PATH); // clears set-user-ID and file capabilities, so it comes first
  for (const [name, value] of xattrs) setAttribute(fd, name, value);
  if (type === "file") fchmodSync(fd, mode);
  else if (type !== "symlink") chmodSync(descriptorPath(fd), mode); // fchmod(2) refuses O_PATH; a link has no mode of its own
  utimensat(fd, "", mtimeNs, mtimeNs, AT_EMPTY_PATH);
}

/** A filesystem without such attributes gets the file without: that is what it would have lost on any other way there. */
function setAttribute(fd: number, name: string, value: Buffer): void {
  try {
    setxattr(descriptorPath(fd), name, value);
  } catch (error) {
    if (!isErrno(error, "ENOTSUP", "EOPNOTSUPP")) throw error;
  }
}

/** The attributes of an open file, sorted by name, without overlayfs's own. */
export function xattrsOfFile(fd: number): Map<string, Buffer> {
  const xattrs = new Map<string, Buffer>();
  for (const name of xattrNames(fd).sort(compareNames)) {
    const value = isOverlayXattr(name) ? undefined : getxattr(descriptorPath(fd), name);
    if (value !== undefined) xattrs.set(name, value);
  }
  return xattrs;
}

/** The names of all attributes of an open file; none where the filesystem has no attributes. */
export function xattrNames(fd: number): string[] {
  try {
    return listxattr(descriptorPath(fd));
  } catch (error) {
    if (isErrno(error, "ENOTSUP", "EOPNOTSUPP")) return [];
    throw error;
  }
}
