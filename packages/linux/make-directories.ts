/** Making directories whose path somebody else has named. */
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isErrno } from "./errno.ts";

/**
 * Makes a directory, and those above it that are missing. That it is there is fine.
 *
 * Node's own `recursive` never comes back (Node 26.10) where the kernel says ENOENT although the directory above is there: /proc takes no
 * new ones.
 *
 * @throws {ErrnoException} ENOENT there; EEXIST when the path is a file's, ENOTDIR when one above is.
 */
export function makeDirectories(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (isErrno(error, "EEXIST") && statSync(path).isDirectory()) return;
    if (!isErrno(error, "ENOENT") || existsSync(dirname(path))) throw error;
    makeDirectories(dirname(path), mode);
    makeDirectories(path, mode);
  }
}
