/**
 * Names in an archive as paths below a directory.
 *
 * The text alone can lie in three ways: lead up with "..", start at "/", or pass through a symbolic link. The first two are settled
 * here. The third depends on what is on disk at the moment of use, so the kernel settles it: see target.ts.
 */
import { ArchiveError, quote } from "./archive-error.ts";
import { encodeName } from "./file-name.ts";
import type { ArchiveLimits } from "./limits.ts";

/**
 * A clean path relative to the root of the target, without "." and doubled slashes; "" is the root itself.
 *
 * A leading "/" is the target's root: tars made with absolute names are common and meant so.
 *
 * @param name - Of an entry, or of a hard link's target.
 * @throws {ArchiveError} When it holds "..", is empty, or exceeds a limit.
 */
export function safePath(name: string, limits: ArchiveLimits): string {
  checkText(name, limits);
  const components = name.split("/").filter((component) => component !== "" && component !== ".");
  if (components.includes("..")) throw new ArchiveError(`Cannot unpack ${quote(name)}: its path contains ".."`);
  if (components.length > limits.depth) {
    throw new ArchiveError(`Cannot unpack ${quote(name)}: its path is deeper than ${limits.depth} names`);
  }
  return components.join("/");
}

/**
 * Checks text that the kernel takes as a path: an entry's name, or where a symbolic link points, which may be anywhere.
 *
 * @throws {ArchiveError} When no file could have it.
 */
export function checkText(text: string, limits: ArchiveLimits): void {
  if (text === "") throw new ArchiveError("Cannot unpack the archive: a name is empty");
  if (text.includes("\0")) throw new ArchiveError(`Cannot unpack ${quote(text)}: the name contains a NUL`);
  if (encodeName(text).length > limits.pathBytes) {
    throw new ArchiveError(`Cannot unpack ${quote(text)}: the name is longer than ${limits.pathBytes} bytes`);
  }
}

/** The directory part of a safe path: "" for a name in the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

/** The last name of a safe path. */
export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The path of `name` in the directory with the safe path `parent`. */
export function joinPath(parent: string, name: string): string {
  return parent === "" ? name : `${parent}/${name}`;
}
