/**
 * Who a container's program runs as. Numbers stand for themselves; names are those of the container's own /etc/passwd and /etc/group.
 *
 *     ""   root          1000   uid 1000, and the gid that /etc/passwd has for it, else 0
 *     user               user:group       1000:1000
 *
 * Who names a group is in no other; who doesn't, is also in those that list the user as a member.
 */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Spec, User } from "@eras/oci-spec/runtime/config.ts";
import { type GroupEntry, type PasswdEntry, readGroups, readUsers } from "../../users-and-groups.ts";
import type { SpecParts } from "./spec.ts";

/** The largest of runc's library: 2³¹-1. */
const MAX_ID = 0x7fffffff;

/** @throws {InvalidArgument} When there is no user, or no group, of that name. */
export function addUser(spec: Spec, { rootfs, config, hostConfig }: SpecParts): Spec {
  const user = findUser(config.User ?? "", rootfs, hostConfig.GroupAdd ?? []);
  return { ...spec, process: { ...spec.process!, user } };
}

/** @param groupAdd - Further groups, by name or number: `--group-add`. */
export function findUser(text: string, rootfs: string, groupAdd: readonly string[] = []): User {
  const [who = "", ofGroup = ""] = text.split(":");
  const passwd = readUsers(rootfs);
  const groups = readGroups(rootfs);
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
