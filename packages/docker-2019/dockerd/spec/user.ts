/**
 * Who a container's program runs as. Numbers stand for themselves; names are those of the container's own /etc/passwd and /etc/group.
 *
 *     ""   root          1000   uid 1000, and the gid that /etc/passwd has for it, else 0
 *     user               user:group       1000:1000
 *
 * Who names a group is in no other; who doesn't, is also in those that list the user as a member.
 */
import { closeSync, constants, fstatSync, readFileSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { AT_FDCWD, openat2, openDirectory, RESOLVE_IN_ROOT } from "@eras/linux/open.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Spec, User } from "@eras/oci-spec/runtime/config.ts";
import type { SpecParts } from "./spec.ts";

/** The largest of runc's library: 2³¹-1. */
const MAX_ID = 0x7fffffff;

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

/** @throws {InvalidArgument} When there is no user, or no group, of that name. */
export function addUser(spec: Spec, { rootfs, config, hostConfig }: SpecParts): Spec {
  const user = findUser(config.User ?? "", rootfs, hostConfig.GroupAdd ?? []);
  return { ...spec, process: { ...spec.process!, user } };
}

/** @param groupAdd - Further groups, by name or number: `--group-add`. */
export function findUser(text: string, rootfs: string, groupAdd: readonly string[] = []): User {
  const [who = "", ofGroup = ""] = text.split(":");
  const passwd = readLines(rootfs, "etc/passwd").map(passwdEntry);
  const groups = readLines(rootfs, "etc/group").map(groupEntry);
  const entry = findEntry(passwd, who);
  const uid = entry?.uid ?? numberOf(who || "0", "user", "passwd");
  const gid = ofGroup === "" ? (entry?.gid ?? 0) : findGroup(ofGroup, groups);
  const memberships = ofGroup === "" && entry ? groups.filter(({ members }) => members.includes(entry.name)) : [];
  const added = groupAdd.map((group) => addedGroup(group, groups));
  return { uid, gid, additionalGids: [gid, ...memberships.map((group) => group.gid), ...unique(added)] };
}

/** Digits are a number, also where a user has them for a name. */
function findEntry(passwd: readonly PasswdEntry[], who: string): PasswdEntry | undefined {
  if (who === "") return passwd.find(({ uid }) => uid === 0);
  return passwd.find(({ name, uid }) => (isNumber(who) ? uid === Number(who) : name === who));
}

function findGroup(text: string, groups: readonly GroupEntry[]): number {
  return groupOf(text, groups)?.gid ?? numberOf(text, "group", "group");
}

function groupOf(text: string, groups: readonly GroupEntry[]): GroupEntry | undefined {
  return groups.find(({ name, gid }) => (isNumber(text) ? gid === Number(text) : name === text));
}

function isNumber(text: string): boolean {
  return /^-?\d+$/.test(text);
}

/** Whoever has a number need not be in the files. */
function numberOf(text: string, what: "user" | "group", file: string): number {
  if (!isNumber(text)) throw new InvalidArgument(`unable to find ${what} ${text}: no matching entries in ${file} file`);
  return inRange(Number(text));
}

function addedGroup(text: string, groups: readonly GroupEntry[]): number {
  const known = groupOf(text, groups);
  if (known) return known.gid;
  if (!isNumber(text)) throw new InvalidArgument(`Unable to find group ${text}: no matching entries in group file`);
  return inRange(Number(text));
}

function inRange(id: number): number {
  if (id < 0 || id > MAX_ID) throw new InvalidArgument("uids and gids must be in range 0-2147483647");
  return id;
}

function unique(gids: readonly number[]): number[] {
  return [...new Set(gids)];
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
