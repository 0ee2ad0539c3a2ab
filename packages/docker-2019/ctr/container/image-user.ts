/**
 * Who an image's program runs as. Its config says it by number or by name; names are those of the image's own /etc/passwd and /etc/group.
 *
 *     ""   root          1000   uid 1000, and the gid that /etc/passwd has for it, else 0
 *     user               user:group       1000:1000
 */
import { closeSync, constants, fstatSync, readFileSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { AT_FDCWD, openat2, openDirectory, RESOLVE_IN_ROOT } from "@eras/linux/open.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { User } from "@eras/oci-spec/runtime/config.ts";

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/**
 * Looks a user up.
 *
 * @param rootfs - Where the image's files are.
 * @throws {InvalidArgument} When there is no user, or no group, of that name.
 */
export function findUser(text: string, rootfs: string): User {
  const [who = "", ofGroup] = (text === "" ? "0" : text).split(":");
  const passwd = readLines(rootfs, "etc/passwd").map(passwdEntry);
  const groups = readLines(rootfs, "etc/group").map(groupEntry);
  const entry = passwd.find(({ name, uid }) => name === who || String(uid) === who);
  const uid = entry?.uid ?? numberOf(who, "user");
  const gid = ofGroup === undefined ? (entry?.gid ?? 0) : findGroup(ofGroup, groups);
  const further = groups.filter(({ members }) => entry && members.includes(entry.name)).map((group) => group.gid);
  return { uid, gid, additionalGids: [...new Set([gid, ...further])] };
}

function findGroup(text: string, groups: readonly GroupEntry[]): number {
  return groups.find(({ name, gid }) => name === text || String(gid) === text)?.gid ?? numberOf(text, "group");
}

/** Whoever has a number need not be in the files. */
function numberOf(text: string, what: "user" | "group"): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgument(`no ${what}s found: ${JSON.stringify(text)}`);
  return Number(text);
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

/** The lines of a file of the image. Its links lead nowhere but into the image; what isn't there or isn't a file has no lines. */
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
