/** The working directory, as the kernel names it. */
import { systemCall } from "./libc.ts";

/** PATH_MAX, and the kernel's prefix for what is out of reach. */
const SIZE = 4096 + 16;

const getcwdCall = systemCall<[Buffer, number]>("getcwd", ["void *", "size_t"]);

/**
 * The path of the working directory; one that can't be reached from "/" starts with "(unreachable)". `process.cwd` can't tell: it
 * remembers, and libc looks for a way around.
 *
 * @throws {ErrnoError} ENOENT when the directory was removed.
 * @see https://man7.org/linux/man-pages/man2/getcwd.2.html
 */
export function getcwd(): string {
  const path = Buffer.alloc(SIZE);
  return path.toString("utf8", 0, getcwdCall(path, path.length) - 1); // the length counts the NUL at the end
}
