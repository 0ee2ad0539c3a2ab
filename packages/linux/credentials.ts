/**
 * Users and groups of this process.
 *
 * For the kernel they belong to a thread; libc makes them the process's by having every thread make the call (nptl(7)), Node's own
 * threads too. That has two consequences:
 *
 * - Call these before the main thread changes its capabilities or its user namespace. When one thread may and another may not,
 *   libc can't keep its promise and aborts the program.
 * - The order is: groups, then gid, then uid. After the uid is no longer 0, the right to change the others is gone.
 *
 * @see https://man7.org/linux/man-pages/man7/credentials.7.html
 */
import { libcFunction } from "./libc.ts";

const setgroupsFunction = libcFunction<[number, Buffer]>("int setgroups(size_t count, void *groups)");
const setresgidFunction = libcFunction<[number, number, number]>(
  "int setresgid(uint real, uint effective, uint saved)",
);
const setresuidFunction = libcFunction<[number, number, number]>(
  "int setresuid(uint real, uint effective, uint saved)",
);

/**
 * Replaces the supplementary groups. Whoever drops privileges drops these too: root's groups may read root's files.
 *
 * @throws {ErrnoError} EPERM without CAP_SETGID, or in a user namespace before its gid_map is written.
 * @see https://man7.org/linux/man-pages/man2/setgroups.2.html
 */
export function setgroups(groups: readonly number[]): void {
  setgroupsFunction(groups.length, Buffer.from(Uint32Array.from(groups).buffer));
}

/**
 * Sets the real, effective and saved group at once.
 *
 * @throws {ErrnoError} EPERM without CAP_SETGID; EINVAL for an id that the user namespace does not map.
 * @see https://man7.org/linux/man-pages/man2/setresgid.2.html
 */
export function setresgid(real: number, effective: number, saved: number): void {
  setresgidFunction(real, effective, saved);
}

/**
 * Sets the real, effective and saved user at once. Leaving 0 with all three empties the permitted, effective and ambient
 * capabilities, unless `setKeepCaps` keeps the permitted ones.
 *
 * @throws {ErrnoError} EPERM without CAP_SETUID; EINVAL for an id that the user namespace does not map.
 * @see https://man7.org/linux/man-pages/man2/setresuid.2.html
 */
export function setresuid(real: number, effective: number, saved: number): void {
  setresuidFunction(real, effective, saved);
}
