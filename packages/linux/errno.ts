/** The error of a failed kernel call. */
import { constants } from "node:os";

/** Linux's own, which Node does not list: include/uapi/asm-generic/errno.h. */
const LINUX_ONLY: readonly (readonly [number, string])[] = [
  [15, "ENOTBLK"],
  [87, "EUSERS"],
  [94, "ESOCKTNOSUPPORT"],
  [96, "EPFNOSUPPORT"],
  [108, "ESHUTDOWN"],
  [112, "EHOSTDOWN"],
  [117, "EUCLEAN"],
  [121, "EREMOTEIO"],
  [123, "ENOMEDIUM"],
  [126, "ENOKEY"],
];

/** Of two names for one number the first one in the alphabet counts, as in Node's own errors: EAGAIN, ENOTSUP. */
const NAMES = new Map<number, string>([
  ...Object.entries(constants.errno)
    .map(([name, value]) => [value, name] as const)
    .sort(([, a], [, b]) => (a < b ? 1 : -1)),
  ...LINUX_ONLY,
]);

/** The symbolic name of an error number, as in errno(3): 2 is `ENOENT`. Unknown numbers give `E<number>`. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `E${errno}`;
}

/**
 * A kernel call that failed.
 *
 * Shaped like the errors of `node:fs` (`code`, `errno`, `syscall`, `path`), so that one `catch` serves both.
 *
 * @see https://man7.org/linux/man-pages/man3/errno.3.html
 */
export class ErrnoError extends Error {
  override readonly name = "ErrnoError";
  /** Symbolic name, such as `EPERM`. */
  readonly code: string;
  /** The call as its man page names it: `mount`, `unshare`. */
  readonly syscall: string;
  /** The positive error number. */
  readonly errno: number;
  /** What the call worked on, where it is a file. */
  readonly path?: string;

  constructor(syscall: string, errno: number, path?: string) {
    const code = errnoName(errno);
    super(`${syscall}${path === undefined ? "" : ` ${path}`}: ${code}`);
    this.code = code;
    this.syscall = syscall;
    this.errno = errno;
    if (path !== undefined) this.path = path;
  }
}

/** Whether `error` is a failed call, of this package or of `node:fs`, with one of these codes. */
export function isErrno(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
