/**
 * Who the container's program is: numbers of config.json, and the home directory that the container's own /etc/passwd tells.
 *
 * Names are nobody's business here: whoever wrote config.json (dockerd) looked them up.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { setgroups, setresgid, setresuid } from "@eras/linux/thread-credentials.ts";
import type { User } from "@eras/oci-spec/runtime/config.ts";

/** Everything that a change of user needs to know. */
export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  /** For HOME. */
  readonly home: string;
}

/** Of ids. The kernel's go twice as far, but setresuid(2) takes the last one for "as it is": the program would stay root. */
const MAX_ID = 0x7fff_ffff;

/** Where somebody lives of whom /etc/passwd knows nothing. */
const DEFAULT_HOME = "/";

/** Completes `process.user`; call with the container's root as "/". */
export function resolveUser({ uid = 0, gid = 0, additionalGids = [] }: User = {}): ContainerUser {
  return { uid, gid, additionalGids, home: homeOf(uid, readPasswd("/etc/passwd")) };
}

/**
 * The home directory of the first line with this uid.
 *
 * @param passwd - Lines of seven fields: `name:password:uid:gid:comment:home:shell`.
 * @see https://man7.org/linux/man-pages/man5/passwd.5.html
 */
export function homeOf(uid: number, passwd: string): string {
  const lines = passwd.split("\n").map((line) => line.trim().split(":"));
  const [, , , , , home] = lines.find(([, , field = ""]) => /^\d+$/.test(field) && Number(field) === uid) ?? [];
  return home ?? DEFAULT_HOME;
}

/** The image's file may be missing, or anything: a fifo would keep us waiting for ever, so no more than a regular file is read. */
function readPasswd(path: string): string {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      return fstatSync(fd).isFile() ? readFileSync(fd, "utf8") : "";
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EACCES", "ENXIO")) return "";
    throw error;
  }
}

/**
 * Becomes this user. Groups first: without uid 0 the right to change them is gone.
 *
 * @throws {Error} When the user namespace maps no such id, or the container is rootless and asks for groups.
 */
export function setUser({ uid, gid, additionalGids }: ContainerUser): void {
  if (Math.max(uid, gid, ...additionalGids) > MAX_ID) throw new Error(`uids and gids must be in range 0-${MAX_ID}`);
  setAdditionalGroups(additionalGids);
  mapped("gid", () => setresgid(gid, gid, gid));
  mapped("uid", () => setresuid(uid, uid, uid));
}

/**
 * Who may not drop groups may not add any either: an unprivileged user could get around files that are closed to a group of his.
 *
 * @see https://man7.org/linux/man-pages/man7/user_namespaces.7.html, "/proc/pid/setgroups"
 */
function setAdditionalGroups(groups: readonly number[]): void {
  if (maySetGroups()) setgroups(groups);
  else if (groups.length > 0) throw new Error("cannot set any additional groups in a rootless container");
}

/** A container need not have a /proc; then setgroups(2) itself has the last word. */
function maySetGroups(): boolean {
  try {
    return readFileSync("/proc/self/setgroups", "utf8").trim() !== "deny";
  } catch (error) {
    if (isErrno(error, "ENOENT")) return true;
    throw error;
  }
}

function mapped(id: "uid" | "gid", set: () => void): void {
  try {
    set();
  } catch (error) {
    if (!isErrno(error, "EINVAL")) throw error;
    throw new Error(`cannot set ${id} to unmapped user in user namespace`, { cause: error });
  }
}
