/** What a signal means, in words. */
import { libc } from "./libc.ts";

let strsignalFunction: ((signal: number) => string) | undefined;

/**
 * libc's words for a signal: 31 is `Bad system call`. English, because Node never calls setlocale(3).
 *
 * @see https://man7.org/linux/man-pages/man3/strsignal.3.html
 */
export function strsignal(signal: number): string {
  strsignalFunction ??= libc.func("str strsignal(int signal)") as (signal: number) => string;
  return strsignalFunction(signal);
}
