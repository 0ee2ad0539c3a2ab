/**
 * The marks of aufs: an empty file `.wh.NAME` deletes NAME, a file `.wh..wh..opq` makes its directory opaque. A tar has the same.
 *
 *     .wh.NAME            deletes NAME, also of its own branch: only one of the two may be there
 *     .wh..wh..opq        nothing of the lower directories of this name shows
 *     .wh..wh.aufs        what whiteouts are hard links of           ┐
 *     .wh..wh.orph/       deleted files that somebody still uses     ├ book-keeping, in the branch's root; and
 *     .wh..wh.plnk/       hard links across branches                 ┘ .wh..wh.NAME.XXXX anywhere, for a moment
 *
 * aufs is not part of Linux. Where this was written no kernel had it: the tests hold what aufs's manual says, on directories made so.
 *
 * @see https://manpages.debian.org/bullseye/aufs-tools/aufs.5.en.html "Whiteout"
 */
import { closeSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { S_IFREG } from "@eras/linux/mknod.ts";
import { mknodat, unlinkat } from "@eras/linux/open.ts";
import { systemName } from "./file-name.ts";
import type { Marks } from "./marks.ts";
import { baseOf, joinPath, parentOf } from "./safe-path.ts";
import { kindOf, openInLayer } from "./target.ts";
import { BOOKKEEPING_PREFIX, layerName, OPAQUE_MARKER, WHITEOUT_PREFIX } from "./whiteout.ts";

const WHITEOUT_MODE = 0o444;

export const AUFS_MARKS: Marks = {
  isBookkeeping: (name) => name.startsWith(BOOKKEEPING_PREFIX), // the opaque marker too: `isOpaque` finds it
  isMark: (name) => name.startsWith(WHITEOUT_PREFIX),

  deletedBy(path) {
    const named = layerName(path);
    return named.kind === "whiteout" ? named.path : undefined;
  },

  deletes: (layer, path) => path !== "" && isThere(layer, joinPath(parentOf(path), WHITEOUT_PREFIX + baseOf(path))),
  checkFile: () => {}, // aufs copies files whole
  isOpaque: (directory) => kindOf(directory, OPAQUE_MARKER) === "file",
  makeWhiteout: (directory, name) => makeMark(directory, WHITEOUT_PREFIX + name),
  removeWhiteout: (directory, name) => unlinkat(directory, systemName(WHITEOUT_PREFIX + name), 0),
  setOpaque: (directory) => makeMark(directory, OPAQUE_MARKER),
};

/** Of a regular file, mknod(2) makes an empty one, and follows no link that has the name. */
function makeMark(directory: number, name: string): void {
  try {
    mknodat(directory, systemName(name), S_IFREG | WHITEOUT_MODE, 0);
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  }
}

function isThere(layer: number, path: string): boolean {
  try {
    closeSync(openInLayer(layer, path));
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENAMETOOLONG")) return false;
    throw error;
  }
}
