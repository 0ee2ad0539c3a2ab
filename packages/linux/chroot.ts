/** The older change of root. It changes what "/" means to a process; the mounts stay as they are, and the way out is short. */
import { libcFunction } from "./libc.ts";

const chrootFunction = libcFunction<[string]>("int chroot(str path)", { path: 0 });

/**
 * Makes a directory "/" for the calling process and its children. The working directory does not move: `process.chdir("/")` follows.
 *
 * @throws {ErrnoError} EPERM without CAP_SYS_CHROOT.
 * @see https://man7.org/linux/man-pages/man2/chroot.2.html
 */
export function chroot(path: string): void {
  chrootFunction(path);
}
