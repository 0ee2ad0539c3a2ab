/**
 * How a layer says that something below it is gone. Three notations of the same two facts:
 *
 *                          in a tar (aufs, OCI)       in an overlayfs layer
 *     NAME is deleted      file .wh.NAME              character device 0:0 called NAME
 *     directory is opaque  file .wh..wh..opq in it    attribute trusted.overlay.opaque=y on it
 *
 * Opaque: nothing of the directories of the same name below shows through. aufs keeps other names that start with .wh..wh. for its own
 * book-keeping (.wh..wh.plnk holds hard links); tars of an aufs branch contain them.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.0.1/layer.md#whiteouts
 * @see https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories
 */
import type { BigIntStats } from "node:fs";
import { S_IFCHR } from "@eras/linux/mknod.ts";
import { mknodat } from "@eras/linux/open.ts";
import { getxattr, setxattr } from "@eras/linux/xattr.ts";
import { ArchiveError, quote } from "./archive-error.ts";
import { systemName } from "./file-name.ts";
import { baseOf, joinPath, parentOf } from "./safe-path.ts";
import { descriptorPath } from "./target.ts";

export const WHITEOUT_PREFIX = ".wh.";
export const OPAQUE_MARKER = ".wh..wh..opq";
const BOOKKEEPING_PREFIX = ".wh..wh.";

const OVERLAY_OPAQUE = "trusted.overlay.opaque";
/** Marks of overlay features that change where a file's content or a directory's children come from. */
const OVERLAY_REFERENCES = ["trusted.overlay.redirect", "trusted.overlay.metacopy"];
const WHITEOUT_DEVICE = 0;

/** What an entry's path means in a layer. */
export type LayerName =
  | { readonly kind: "file" }
  /** `path` is deleted in the layers below. */
  | { readonly kind: "whiteout"; readonly path: string }
  /** The directory `path` hides those below. */
  | { readonly kind: "opaque"; readonly path: string }
  /** aufs's own: `path` is the outermost name of that kind. */
  | { readonly kind: "bookkeeping"; readonly path: string };

/**
 * Reads the whiteout notation of tars.
 *
 * @param path - A safe path.
 * @throws {ArchiveError} When a whiteout names nothing or a directory in the path bears a whiteout's name.
 */
export function layerName(path: string): LayerName {
  if (!path.includes(WHITEOUT_PREFIX)) return { kind: "file" };
  const base = baseOf(path);
  const parent = parentOf(path);
  const marked = path.split("/").findIndex((name) => name.startsWith(WHITEOUT_PREFIX));
  const outermost = path
    .split("/")
    .slice(0, marked + 1)
    .join("/");
  if (marked === -1) return { kind: "file" };
  if (outermost === path && base === OPAQUE_MARKER) return { kind: "opaque", path: parent };
  if (baseOf(outermost).startsWith(BOOKKEEPING_PREFIX)) return { kind: "bookkeeping", path: outermost };
  const name = base.slice(WHITEOUT_PREFIX.length);
  if (outermost !== path || ["", ".", ".."].includes(name)) {
    throw new ArchiveError(`Cannot unpack ${quote(path)}: names that start with ${WHITEOUT_PREFIX} are for whiteouts`);
  }
  return { kind: "whiteout", path: joinPath(parent, name) };
}

/** Whether a file is an overlay whiteout. */
export function isOverlayWhiteout(stats: BigIntStats): boolean {
  return stats.isCharacterDevice() && stats.rdev === BigInt(WHITEOUT_DEVICE);
}

/** Makes an overlay whiteout. @throws {ErrnoError} EEXIST. */
export function makeOverlayWhiteout(directoryFd: number, name: string): void {
  mknodat(directoryFd, systemName(name), S_IFCHR, WHITEOUT_DEVICE);
}

/** Whether an open directory is opaque to overlayfs. */
export function isOverlayOpaque(directoryFd: number): boolean {
  return getxattr(descriptorPath(directoryFd), OVERLAY_OPAQUE)?.toString() === "y";
}

/** Makes an open directory opaque to overlayfs. */
export function setOverlayOpaque(directoryFd: number): void {
  setxattr(descriptorPath(directoryFd), OVERLAY_OPAQUE, Buffer.from("y"));
}

/**
 * Holds that a file of an overlay upper directory is whole in itself.
 *
 * @throws {Error} When overlayfs keeps part of it in a lower layer, as with the mount options redirect_dir and metacopy.
 */
export function checkSelfContained(path: string, xattrNames: readonly string[]): void {
  const reference = xattrNames.find((name) => OVERLAY_REFERENCES.includes(name));
  if (reference === undefined) return;
  throw new Error(
    `Cannot read ${quote(path)} as a layer: it has ${reference}; mount the overlay with redirect_dir=off,metacopy=off`,
  );
}
