/** Copies that share their blocks: written anew only where one of the two is changed later. */
import { isErrno } from "./errno.ts";
import { libcFunction } from "./libc.ts";

/** `_IOW(0x94, 9, int)`: include/uapi/linux/fs.h. */
const FICLONE = 0x40049409;

const ioctlNumber = libcFunction<[number, number, number]>("int ioctl(int fd, ulong request, ulong argument)");

/**
 * Gives an empty file the content of another one, without copying it.
 *
 * @param to - Open for writing.
 * @param from - Open for reading.
 * @returns `false` where that can't be: on a file system without shared blocks (ext4), or from one to another.
 * @throws {ErrnoError} EBADF, EPERM, ETXTBSY.
 * @see https://man7.org/linux/man-pages/man2/ioctl_ficlone.2.html
 */
export function cloneFile(to: number, from: number): boolean {
  try {
    ioctlNumber(to, FICLONE, from);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOTSUP", "EOPNOTSUPP", "EXDEV", "EINVAL", "ENOTTY")) return false;
    throw error;
  }
}
