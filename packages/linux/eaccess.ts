/** What this process may do with a file, by the user and the capabilities that it acts with. */
import { libcFunction } from "./libc.ts";

const eaccessFunction = libcFunction<[string, number]>("int eaccess(str path, int mode)", { path: 0 });

/**
 * Checks as the call itself would. `accessSync` checks as the real user instead, and without that user's capabilities.
 *
 * @param mode - `constants.X_OK` … of `node:fs`.
 * @throws {ErrnoError} EACCES when it may not; for X_OK on a filesystem mounted noexec too.
 * @see https://man7.org/linux/man-pages/man3/euidaccess.3.html
 */
export function eaccess(path: string, mode: number): void {
  eaccessFunction(path, mode);
}
