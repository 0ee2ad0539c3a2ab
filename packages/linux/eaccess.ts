/** What this process may do with a file, by the user and the capabilities that it acts with. */
import { systemCall } from "./libc.ts";
import { AT_FDCWD } from "./open.ts";

const AT_EACCESS = 0x200;

const faccessat2 = systemCall<[number, string, number, number]>("faccessat2", ["int", "str", "int", "int"], {
  path: 1,
});

/**
 * Checks as the call itself would, which is the kernel's to say: `accessSync`, and eaccess(3) where both users are the same, check without the
 * capabilities of a user who isn't root.
 *
 * @param mode - `constants.X_OK` … of `node:fs`.
 * @throws {ErrnoError} EACCES when it may not; for X_OK on a filesystem mounted noexec too. ENOSYS before Linux 5.8.
 * @see https://man7.org/linux/man-pages/man2/faccessat2.2.html
 */
export function eaccess(path: string, mode: number): void {
  faccessat2(AT_FDCWD, path, mode, AT_EACCESS);
}
