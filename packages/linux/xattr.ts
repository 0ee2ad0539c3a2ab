/**
 * Extended attributes: named values on a file, next to its owner and mode.
 *
 * `security.capability` holds file capabilities, `trusted.overlay.*` is overlayfs's book-keeping (whiteouts, opaque directories),
 * `user.*` is free for anybody. Values are bytes, often binary. The `l` variants act on a symbolic link itself.
 *
 * @see https://man7.org/linux/man-pages/man7/xattr.7.html
 */
import { isErrno } from "./errno.ts";
import { libcFunction } from "./libc.ts";

type Get = (path: string, name: string, value: Buffer | null, size: number) => number;
type List = (path: string, list: Buffer | null, size: number) => number;
type Set = (path: string, name: string, value: Buffer, size: number, flags: number) => number;
type Remove = (path: string, name: string) => number;

const getFn: Get = libcFunction("long getxattr(str path, str name, void *value, size_t size)", { path: 0 });
const lgetFn: Get = libcFunction("long lgetxattr(str path, str name, void *value, size_t size)", { path: 0 });
const listFn: List = libcFunction("long listxattr(str path, void *list, size_t size)", { path: 0 });
const llistFn: List = libcFunction("long llistxattr(str path, void *list, size_t size)", { path: 0 });
const setFn: Set = libcFunction("int setxattr(str path, str name, void *value, size_t size, int flags)", { path: 0 });
const lsetFn: Set = libcFunction("int lsetxattr(str path, str name, void *value, size_t size, int flags)", { path: 0 });
const removeFn: Remove = libcFunction("int removexattr(str path, str name)", { path: 0 });
const lremoveFn: Remove = libcFunction("int lremovexattr(str path, str name)", { path: 0 });

/**
 * The value of an attribute, or `undefined` when the file has none of this name.
 *
 * @throws {ErrnoError} ENOTSUP when the filesystem keeps no attributes.
 * @see https://man7.org/linux/man-pages/man2/getxattr.2.html
 */
export function getxattr(path: string, name: string): Buffer | undefined {
  return valueOrNone((value, size) => getFn(path, name, value, size));
}

/** `getxattr` of a symbolic link itself. */
export function lgetxattr(path: string, name: string): Buffer | undefined {
  return valueOrNone((value, size) => lgetFn(path, name, value, size));
}

/** The names of all attributes the caller may see: without CAP_SYS_ADMIN, none of `trusted.`. @see https://man7.org/linux/man-pages/man2/listxattr.2.html */
export function listxattr(path: string): string[] {
  return names(growing((list, size) => listFn(path, list, size)));
}

/** `listxattr` of a symbolic link itself. */
export function llistxattr(path: string): string[] {
  return names(growing((list, size) => llistFn(path, list, size)));
}

/** Creates or replaces an attribute. @see https://man7.org/linux/man-pages/man2/setxattr.2.html */
export function setxattr(path: string, name: string, value: Buffer): void {
  setFn(path, name, value, value.length, 0);
}

/** `setxattr` of a symbolic link itself. */
export function lsetxattr(path: string, name: string, value: Buffer): void {
  lsetFn(path, name, value, value.length, 0);
}

/** Removes an attribute. @throws {ErrnoError} ENODATA when there is none. @see https://man7.org/linux/man-pages/man2/removexattr.2.html */
export function removexattr(path: string, name: string): void {
  removeFn(path, name);
}

/** `removexattr` of a symbolic link itself. */
export function lremovexattr(path: string, name: string): void {
  lremoveFn(path, name);
}

type Read = (target: Buffer | null, size: number) => number;

function valueOrNone(read: Read): Buffer | undefined {
  try {
    return growing(read);
  } catch (error) {
    if (isErrno(error, "ENODATA")) return undefined;
    throw error;
  }
}

/** Asks for the size, then for the bytes; again when they grew in between, which the kernel answers with ERANGE. */
function growing(read: Read): Buffer {
  for (;;) {
    const target = Buffer.alloc(read(null, 0));
    if (target.length === 0) return target;
    try {
      return target.subarray(0, read(target, target.length));
    } catch (error) {
      if (!isErrno(error, "ERANGE")) throw error;
    }
  }
}

/** The kernel lists names one after the other, each with a NUL at its end. */
function names(list: Buffer): string[] {
  return list.toString().split("\0").slice(0, -1);
}
