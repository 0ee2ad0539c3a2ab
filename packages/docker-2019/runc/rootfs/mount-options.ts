/**
 * The words of a mount's `options`. Most are mount(8)'s, for one mount; those with an `r` before them mean the mounts below too, as
 * do `rro` and `rnosuid`; a few ask the runtime for something; the rest is passed on to the filesystem.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#linux-mount-options
 */
import { type MountOptions, mountOptionWords, parseMountOptions } from "@eras/linux/mount.ts";
import {
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_STRICTATIME,
} from "@eras/linux/mount-fd.ts";

/** What the options of one entry ask for. */
export interface EntryOptions extends MountOptions {
  /** MOUNT_ATTR_… for the mount and all below it: to set, and to clear before. */
  readonly recursive: { readonly set: number; readonly clear: number };
  /** A tmpfs starts with a copy of what it covers. */
  readonly copyUp: boolean;
  /** Owners are shown in a user namespace: of this mount, or of all below it too. */
  readonly idMapped: "no" | "mount" | "recursive";
}

const MOUNT_ATTR_RELATIME = 0;

// biome-ignore format: a table
const RECURSIVE: ReadonlyMap<string, readonly ["set" | "clear", number]> = new Map(Object.entries({
  rro: ["set", MOUNT_ATTR_RDONLY], rrw: ["clear", MOUNT_ATTR_RDONLY],
  rnosuid: ["set", MOUNT_ATTR_NOSUID], rsuid: ["clear", MOUNT_ATTR_NOSUID],
  rnodev: ["set", MOUNT_ATTR_NODEV], rdev: ["clear", MOUNT_ATTR_NODEV],
  rnoexec: ["set", MOUNT_ATTR_NOEXEC], rexec: ["clear", MOUNT_ATTR_NOEXEC],
  rnodiratime: ["set", MOUNT_ATTR_NODIRATIME], rdiratime: ["clear", MOUNT_ATTR_NODIRATIME],
  rnosymfollow: ["set", MOUNT_ATTR_NOSYMFOLLOW], rsymfollow: ["clear", MOUNT_ATTR_NOSYMFOLLOW],
} as const));

/** The access time modes exclude each other; without any of them, it is relatime. */
const RECURSIVE_ATIME: ReadonlyMap<string, number> = new Map(
  Object.entries({
    rrelatime: MOUNT_ATTR_RELATIME,
    rnorelatime: MOUNT_ATTR_RELATIME,
    rnoatime: MOUNT_ATTR_NOATIME,
    ratime: MOUNT_ATTR_RELATIME,
    rstrictatime: MOUNT_ATTR_STRICTATIME,
    rnostrictatime: MOUNT_ATTR_RELATIME,
  }),
);

/** What the runtime itself is asked for. */
const COPY_UP = "tmpcopyup";
const ID_MAPPED: ReadonlyMap<string, EntryOptions["idMapped"]> = new Map([
  ["idmap", "mount"],
  ["ridmap", "recursive"],
]);

/** All words but those of the filesystems, in alphabetical order. */
export function entryOptionWords(): string[] {
  const words = [RECURSIVE, RECURSIVE_ATIME, ID_MAPPED].flatMap((table) => [...table.keys()]);
  return [...mountOptionWords(), ...words, COPY_UP].sort();
}

/** Sorts the words by who has to act on them. Of words that contradict each other the last one counts. */
export function parseEntryOptions(words: readonly string[] = []): EntryOptions {
  const recursive = { set: 0, clear: 0 };
  let copyUp = false;
  let idMapped: EntryOptions["idMapped"] = "no";
  const others: string[] = [];
  for (const word of words) {
    if (word === COPY_UP) copyUp = true;
    else if (ID_MAPPED.has(word)) idMapped = ID_MAPPED.get(word)!;
    else if (!addRecursive(recursive, word)) others.push(word);
  }
  return { ...parseMountOptions(others.join(",")), recursive, copyUp, idMapped };
}

/** @returns False when the word is not a recursive one. */
function addRecursive(attributes: { set: number; clear: number }, word: string): boolean {
  const atime = RECURSIVE_ATIME.get(word);
  if (atime !== undefined) {
    attributes.clear |= MOUNT_ATTR__ATIME; // the kernel wants the field cleared whole
    attributes.set = (attributes.set & ~MOUNT_ATTR__ATIME) | atime;
    return true;
  }
  const change = RECURSIVE.get(word);
  if (change === undefined) return false;
  const [verb, attribute] = change;
  const opposite = verb === "set" ? "clear" : "set";
  attributes[verb] |= attribute;
  attributes[opposite] &= ~attribute;
  return true;
}
