/** Files that lie in memory alone and have no name: they go when nobody has them open. */
import { libcFunction } from "./libc.ts";

const MFD_CLOEXEC = 1;

const memfdCreate = libcFunction<[string, number]>("int memfd_create(str name, uint flags)");

/**
 * Makes a file in memory, close-on-exec.
 *
 * @param name - Only for those who look in /proc/PID/fd.
 * @returns A descriptor for reading and writing.
 * @see https://man7.org/linux/man-pages/man2/memfd_create.2.html
 */
export function memoryFile(name: string): number {
  return memfdCreate(name, MFD_CLOEXEC);
}
