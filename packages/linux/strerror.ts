/** What an error number means, in words. */
import { libc } from "./libc.ts";

let strerrorFunction: ((errno: number) => string) | undefined;

/**
 * libc's words for an error number: 2 is `No such file or directory`. English, because Node never calls setlocale(3).
 *
 * @see https://man7.org/linux/man-pages/man3/strerror.3.html
 */
export function strerror(errno: number): string {
  strerrorFunction ??= libc.func("str strerror(int errno)") as (errno: number) => string;
  return strerrorFunction(errno);
}
