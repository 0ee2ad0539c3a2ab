/**
 * Giving a cgroup to a user, who may then divide it among processes of his own. Its limits stay with who has made it.
 *
 * @see https://man7.org/linux/man-pages/man7/cgroups.7.html, "Delegating a hierarchy to a less privileged user"
 */
import { chownSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { lines, readControlFile } from "../control-file.ts";

/** Of the files that the kernel names, some are not in every cgroup. */
const LIST = { dir: "/sys/kernel/cgroup", file: "delegate" };

/** chown(2): the group stays. */
const SAME_GROUP = -1;

/** Makes a user the owner of a cgroup's directory and of the files by which processes and controllers are handed on. */
export function delegateCgroup(dir: string, uid: number): void {
  chownSync(dir, uid, SAME_GROUP);
  for (const file of lines(readControlFile(LIST.dir, LIST.file))) {
    try {
      chownSync(`${dir}/${file}`, uid, SAME_GROUP);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }
}
