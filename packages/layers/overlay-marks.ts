/**
 * The marks of overlayfs: a character device 0:0 deletes its name, an attribute makes a directory opaque.
 *
 * @see https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories
 */
import { type BigIntStats, fstatSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { S_IFCHR } from "@eras/linux/mknod.ts";
import { mknodat, unlinkat } from "@eras/linux/open.ts";
import { getxattr, setxattr } from "@eras/linux/xattr.ts";
import { quote } from "./archive-error.ts";
import { systemName } from "./file-name.ts";
import type { Marks } from "./marks.ts";
import { descriptorPath, openInLayer, withDescriptor } from "./target.ts";

const OPAQUE = "trusted.overlay.opaque";
/** Marks of overlay features that change where a file's content or a directory's children come from. */
const REFERENCES = ["trusted.overlay.redirect", "trusted.overlay.metacopy"];
const WHITEOUT_DEVICE = 0;

export const OVERLAY_MARKS: Marks = {
  isBookkeeping: () => false, // it has a directory of its own for that: workdir
  isMark: () => false,
  deletedBy: (path, stats) => (isWhiteout(stats) ? path : undefined),

  deletes(layer, path) {
    try {
      return withDescriptor(openInLayer(layer, path), (fd) => isWhiteout(fstatSync(fd, { bigint: true })));
    } catch (error) {
      if (isErrno(error, "ENOENT")) return false;
      throw error;
    }
  },

  checkFile(path, xattrNames) {
    const reference = xattrNames.find((name) => REFERENCES.includes(name));
    if (reference === undefined) return;
    throw new Error(
      `Cannot read ${quote(path)} as a layer: it has ${reference}; mount the overlay with redirect_dir=off,metacopy=off`,
    );
  },

  isOpaque: (directory) => getxattr(descriptorPath(directory), OPAQUE)?.toString() === "y",
  makeWhiteout: (directory, name) => mknodat(directory, systemName(name), S_IFCHR, WHITEOUT_DEVICE),
  removeWhiteout: (directory, name) => unlinkat(directory, systemName(name), 0),
  setOpaque: (directory) => setxattr(descriptorPath(directory), OPAQUE, Buffer.from("y")),
};

function isWhiteout(stats: BigIntStats): boolean {
  return stats.isCharacterDevice() && stats.rdev === BigInt(WHITEOUT_DEVICE);
}
