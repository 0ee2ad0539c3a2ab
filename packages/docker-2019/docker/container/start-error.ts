/** How `docker run` ends when the daemon can't start the container: only the words tell whose fault it was. */
import { CANNOT_EXECUTE, NOT_FOUND, REFUSED } from "../exit-status.ts";

const NOT_FOUND_WORDS = [
  "executable file not found",
  "no such file or directory",
  "system cannot find the file specified",
];
const CANNOT_EXECUTE_WORDS = ["permission denied", "is a directory"];

/** @returns The exit status that a shell would have given. */
export function statusOfStartError({ message }: Error): number {
  if (NOT_FOUND_WORDS.some((words) => message.includes(words))) return NOT_FOUND;
  return CANNOT_EXECUTE_WORDS.some((words) => message.includes(words)) ? CANNOT_EXECUTE : REFUSED;
}
