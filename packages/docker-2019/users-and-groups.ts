/** The users and groups of a container, or an image: its own /etc/passwd and /etc/group. */
import { closeSync, constants, fstatSync, readFileSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { AT_FDCWD, openat2, openDirectory, RESOLVE_IN_ROOT } from "@eras/linux/open.ts";

export interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** @param rootfs - Where the container's files are. */
export function readUsers(rootfs: string): PasswdEntry[] {
  return readLines(rootfs, "etc/passwd").map(passwdEntry);
}

export function readGroups(rootfs: string): GroupEntry[] {
  return readLines(rootfs, "etc/group").map(groupEntry);
}

/** @see https://man7.org/linux/man-pages/man5/passwd.5.html */
function passwdEntry(line: string): PasswdEntry {
  const [name = "", , uid, gid] = line.split(":");
  return { name, uid: Number(uid), gid: Number(gid) };
}

/** @see https://man7.org/linux/man-pages/man5/group.5.html */
function groupEntry(line: string): GroupEntry {
  const [name = "", , gid, members = ""] = line.split(":");
  return { name, gid: Number(gid), members: members.split(",") };
}

/** The lines of a file of the container. Its links lead nowhere but into the container; what isn't there or isn't a file has no lines. */
function readLines(rootfs: string, path: string): string[] {
  const root = openDirectory(AT_FDCWD, rootfs, 0);
  try {
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
    const fd = openat2(root, path, { flags, resolve: RESOLVE_IN_ROOT });
    try {
      return fstatSync(fd).isFile()
        ? readFileSync(fd, "utf8")
            .split("\n")
            .filter((line) => line.includes(":"))
        : [];
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "ENXIO")) return [];
    throw error;
  } finally {
    closeSync(root);
  }
}
