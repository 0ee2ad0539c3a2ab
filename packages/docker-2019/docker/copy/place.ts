/**
 * Where `docker cp` puts things, as cp(1) does.
 *
 *     source        destination              becomes
 *     file          is not there, a file     the destination
 *     file          a directory              a file in it
 *     directory     is not there             the destination
 *     directory     a directory              a directory in it
 *     directory/.   a directory              what is in it
 */
import { posix } from "node:path";

export type PathKind = "none" | "file" | "directory";

/** A directory that is there, and a name in it; an empty one for what goes into the directory itself. */
export interface Place {
  readonly directory: string;
  readonly name: string;
}

export interface Source {
  readonly path: string;
  readonly isDirectory: boolean;
}

/** @throws {Error} When it can't be put there. */
export function placeFor(source: Source, path: string, kind: PathKind): Place {
  if (kind === "directory")
    return { directory: path, name: isContents(source.path) ? "" : posix.basename(source.path) };
  if (kind === "file" && source.isDirectory) throw new Error("cannot copy directory");
  if (path.endsWith("/") && !source.isDirectory) throw new Error("no such directory");
  return { directory: posix.dirname(path), name: posix.basename(path) };
}

function isContents(path: string): boolean {
  return path === "." || path.endsWith("/.");
}
