/**
 * `--userns-remap`: containers have a user namespace, in which they are root and outside of which they are nobody.
 *
 *     --userns-remap daemon          /etc/subuid:  daemon:100000:65536        in a container    0      1 …  65535
 *                    1000:1000       /etc/subgid:  daemon:100000:65536        on the host  100000 100001 … 165535
 *                    default         the user dockremap, who is made if he is not there
 *
 * What is kept for such containers belongs to their root, so it is not to be mixed with what others have: it lies in a directory of its own,
 * `<data-root>/100000.100000`.
 *
 * @see https://man7.org/linux/man-pages/man5/subuid.5.html
 */
import { chownSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { LinuxIDMapping } from "@eras/oci-spec/runtime/config-linux.ts";
import { readGroups, readUsers } from "../../users-and-groups.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import { DOCKREMAP, ensureDockremap } from "./dockremap.ts";

export interface Remap {
  readonly uids: readonly LinuxIDMapping[];
  readonly gids: readonly LinuxIDMapping[];
  /** Of the containers' root, on the host. */
  readonly root: { readonly uid: number; readonly gid: number };
}

/** To be passed through by the containers' root, whose group it is. */
const PASSABLE_MODE = 0o710;

/** The daemon's options with what the remapping changes about them, and its directory. @throws {InvalidArgument | Unavailable} */
export function withRemap(options: DaemonOptions): DaemonOptions {
  if (options.usernsRemap === "") return options;
  const remap = parseRemap(options.usernsRemap);
  if (remap === undefined) return options;
  const { uid, gid } = remap.root;
  const dataRoot = join(options.dataRoot, `${uid}.${gid}`);
  mkdirSync(dataRoot, { recursive: true, mode: PASSABLE_MODE });
  chownSync(dataRoot, 0, gid);
  return { ...options, dataRoot, remap };
}

/** Undefined for root, who stays who he is. */
function parseRemap(text: string): Remap | undefined {
  const [user = "", group, more] = text.split(":");
  if (more !== undefined) throw new InvalidArgument(`Invalid user/group specification in --userns-remap: "${text}"`);
  const userName = userNamed(user);
  const groupName = group === undefined ? userName : groupNamed(group);
  if (userName === "root") return undefined;
  const uids = rangesOf("/etc/subuid", userName, "subuid", "user");
  const gids = rangesOf("/etc/subgid", groupName, "subgid", "group");
  return { uids, gids, root: { uid: uids[0]!.hostID, gid: gids[0]!.hostID } };
}

function userNamed(text: string): string {
  if (text === "default") {
    ensureDockremap();
    return DOCKREMAP;
  }
  const user = readUsers("/").find(({ name, uid }) => (isNumber(text) ? uid === Number(text) : name === text));
  if (user) return user.name;
  throw new InvalidArgument(
    `Error during uid lookup for "${text}": getent unable to find entry "${text}" in passwd database`,
  );
}

function groupNamed(text: string): string {
  if (text === "default") return DOCKREMAP;
  const group = readGroups("/").find(({ name, gid }) => (isNumber(text) ? gid === Number(text) : name === text));
  if (group) return group.name;
  throw new InvalidArgument(
    `Error during gid lookup for "${text}": getent unable to find entry "${text}" in group database`,
  );
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

/** `daemon:100000:65536`, a range a line; one after the other they are the ids of a container. */
function rangesOf(file: string, owner: string, kind: string, what: string): LinuxIDMapping[] {
  let containerID = 0;
  const ranges = linesOf(file)
    .map((line) => line.split(":"))
    .filter(([name]) => name === owner)
    .map(([, first, size]) => ({ hostID: Number(first), size: Number(size) }))
    .sort((one, other) => one.hostID - other.hostID);
  if (ranges.length === 0)
    throw new InvalidArgument(`Can't create ID mappings: no ${kind} ranges found for ${what} "${owner}"`);
  return ranges.map(({ hostID, size }) => {
    const mapping = { containerID, hostID, size };
    containerID += size;
    return mapping;
  });
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
