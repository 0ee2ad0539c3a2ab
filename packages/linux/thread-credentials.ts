/**
 * Users and groups of the calling thread alone: what the kernel itself offers. In a process of one thread they are the process's.
 *
 * A child of fork.ts needs these. libc's functions (credentials.ts) go through a list of the program's threads, and in such a child that
 * list is the parent's: if one of them was just being started, they would wait for it, and it will never come.
 *
 * The order is: groups, then gid, then uid.
 *
 * @see https://man7.org/linux/man-pages/man7/nptl.7.html
 * @see https://man7.org/linux/man-pages/man7/credentials.7.html
 */
import { systemCall } from "./libc.ts";

const setgroupsCall = systemCall<[number, Buffer]>("setgroups", ["size_t", "void *"]);
const setresgidCall = systemCall<[number, number, number]>("setresgid", ["uint", "uint", "uint"]);
const setresuidCall = systemCall<[number, number, number]>("setresuid", ["uint", "uint", "uint"]);

/** Replaces the supplementary groups. @throws {ErrnoError} EPERM without CAP_SETGID, or where /proc/self/setgroups says "deny". */
export function setgroups(groups: readonly number[]): void {
  setgroupsCall(groups.length, Buffer.from(Uint32Array.from(groups).buffer));
}

/** Sets the real, effective and saved group. @throws {ErrnoError} EPERM; EINVAL for an id that the user namespace does not map. */
export function setresgid(real: number, effective: number, saved: number): void {
  setresgidCall(real, effective, saved);
}

/** Sets the real, effective and saved user. @throws {ErrnoError} EPERM; EINVAL for an id that the user namespace does not map. */
export function setresuid(real: number, effective: number, saved: number): void {
  setresuidCall(real, effective, saved);
}
