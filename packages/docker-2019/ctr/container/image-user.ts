/**
 * Who an image's program runs as. Its config says it by number or by name; names are those of the image's own /etc/passwd and /etc/group.
 *
 *     ""   root          1000   uid 1000, and the gid that /etc/passwd has for it, else 0
 *     user               user:group       1000:1000
 */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { User } from "@eras/oci-spec/runtime/config.ts";
import { type GroupEntry, readGroups, readUsers } from "../../users-and-groups.ts";

/**
 * Looks a user up.
 *
 * @param rootfs - Where the image's files are.
 * @throws {InvalidArgument} When there is no user, or no group, of that name.
 */
export function findUser(text: string, rootfs: string): User {
  const [who = "", ofGroup] = (text === "" ? "0" : text).split(":");
  const passwd = readUsers(rootfs);
  const groups = readGroups(rootfs);
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
