/** Whether this process is root, or anybody, of a user namespace only, and not of the host. */
import { readFileSync } from "node:fs";

/** In the first user namespace every user ID is itself. */
const EVERYBODY = /^\s*0\s+0\s+4294967295\s*$/;

let known: boolean | undefined;

/**
 * Whether the process was in a user namespace of its own when it first asked.
 *
 * @see https://man7.org/linux/man-pages/man7/user_namespaces.7.html "User and group ID mappings"
 */
export function isInUserNamespace(): boolean {
  known ??= !EVERYBODY.test(readFileSync("/proc/self/uid_map", "utf8"));
  return known;
}
