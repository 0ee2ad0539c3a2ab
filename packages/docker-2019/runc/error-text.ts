/** Errors of the kernel as runc words them: Go's table has libc's words, without the capital. */
import { strerror } from "@eras/linux/strerror.ts";

/** `permission denied` for EACCES. Takes errors of `node:fs`, whose numbers are negative, and of packages/linux. */
export function errorText({ errno, message }: NodeJS.ErrnoException): string {
  if (errno === undefined) return message;
  const words = strerror(Math.abs(errno));
  return words.charAt(0).toLowerCase() + words.slice(1);
}

/** `open /x: permission denied`: the call, what it was about, what came of it. */
export function callErrorText(call: string, path: string, error: NodeJS.ErrnoException): string {
  return `${call} ${path}: ${errorText(error)}`;
}
