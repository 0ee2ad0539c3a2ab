/**
 * Keyrings: the kernel's purses for keys and passwords. Each session has one; its processes find each other's secrets there.
 *
 * @see https://man7.org/linux/man-pages/man7/keyrings.7.html
 */
import { systemCall } from "./libc.ts";

const KEYCTL_JOIN_SESSION_KEYRING = 1;
const KEYCTL_SETPERM = 5;
const KEYCTL_DESCRIBE = 6;

/** Others may find the key, and may link to it as if it were theirs. Eight bits for each of possessor, user, group, others. */
export const KEY_USR_SEARCH = 0x08_0000;
export const KEY_OTH_SEARCH = 0x08;

/** More than a description takes: its type, three numbers and a name of at most 4095 bytes. */
const DESCRIPTION_SIZE = 8192;

const keyctlText = systemCall<[number, string]>("keyctl", ["int", "str"], { path: 1 });
const keyctlNumbers = systemCall<[number, number, number]>("keyctl", ["int", "int", "uint"]);
const keyctlBuffer = systemCall<[number, number, Buffer, number]>("keyctl", ["int", "int", "void *", "size_t"]);

/**
 * Makes the keyring of this name that of the calling process's session, a new one if there is none that may be searched.
 *
 * @returns The keyring's serial number.
 * @throws {ErrnoError} ENOSYS when the kernel has no keyrings, EDQUOT when the user has too many.
 * @see https://man7.org/linux/man-pages/man2/KEYCTL_JOIN_SESSION_KEYRING.2const.html
 */
export function joinSessionKeyring(name: string): number {
  return keyctlText(KEYCTL_JOIN_SESSION_KEYRING, name);
}

/** What a key is. */
export interface KeyDescription {
  readonly type: string;
  readonly uid: number;
  readonly gid: number;
  /** KEY_… bits. */
  readonly permissions: number;
  readonly description: string;
}

/** Describes a key by its serial number. @see https://man7.org/linux/man-pages/man2/KEYCTL_DESCRIBE.2const.html */
export function describeKey(key: number): KeyDescription {
  const text = Buffer.alloc(DESCRIPTION_SIZE);
  const length = keyctlBuffer(KEYCTL_DESCRIBE, key, text, text.length);
  const [type, uid, gid, permissions, ...rest] = text.toString("utf8", 0, length - 1).split(";"); // ends with a NUL
  return {
    type: type!,
    uid: Number(uid),
    gid: Number(gid),
    permissions: Number.parseInt(permissions!, 16),
    description: rest.join(";"),
  };
}

/** Replaces a key's permissions. @see https://man7.org/linux/man-pages/man2/KEYCTL_SETPERM.2const.html */
export function setKeyPermissions(key: number, permissions: number): void {
  keyctlNumbers(KEYCTL_SETPERM, key, permissions);
}
