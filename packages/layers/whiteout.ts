/**
 * How a layer says that something below it is gone. Three notations of the same two facts:
 *
 *                          in a tar (aufs, OCI)       in a branch of aufs     in a layer of overlayfs
 *     NAME is deleted      file .wh.NAME              file .wh.NAME           character device 0:0 called NAME
 *     directory is opaque  file .wh..wh..opq in it    the same                attribute trusted.overlay.opaque=y on it
 *
 * Opaque: nothing of the directories of the same name below shows through. aufs keeps other names that start with .wh..wh. for its own
 * book-keeping (.wh..wh.plnk holds hard links); tars of an aufs branch contain them. This file reads the notation of tars; marks.ts
 * reads and writes the two that a layer on disk may have.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.0.1/layer.md#whiteouts
 */
import { ArchiveError, quote } from "./archive-error.ts";
import { joinPath, parentOf } from "./safe-path.ts";

export const WHITEOUT_PREFIX = ".wh.";
export const OPAQUE_MARKER = ".wh..wh..opq";
/** aufs's own names start with it, and the opaque marker does. */
export const BOOKKEEPING_PREFIX = ".wh..wh.";

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
  const names = path.split("/");
  const marked = names.findIndex((name) => name.startsWith(WHITEOUT_PREFIX));
  if (marked === -1) return { kind: "file" };
  const outermost = names.slice(0, marked + 1).join("/");
  const [parent, mark] = [parentOf(outermost), names[marked]!];
  if (outermost === path && mark === OPAQUE_MARKER) return { kind: "opaque", path: parent };
  if (mark.startsWith(BOOKKEEPING_PREFIX) && mark !== OPAQUE_MARKER) return { kind: "bookkeeping", path: outermost };
  const name = mark.slice(WHITEOUT_PREFIX.length);
  if (outermost !== path || ["", ".", ".."].includes(name)) {
    throw new ArchiveError(`Cannot take ${quote(path)}: names that start with ${WHITEOUT_PREFIX} are for whiteouts`);
  }
  return { kind: "whiteout", path: joinPath(parent, name) };
}
