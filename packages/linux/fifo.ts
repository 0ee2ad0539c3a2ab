/** Named pipes. Opening one blocks until the other end is opened too, which makes it a way to wait for another process. */
import { libcFunction } from "./libc.ts";

const mkfifoFunction = libcFunction<[string, number]>("int mkfifo(str path, uint mode)", { path: 0 });

/**
 * Makes a named pipe.
 *
 * @param mode - Permissions, from which the umask is taken away.
 * @throws {ErrnoError} EEXIST, ENOENT and the like.
 * @see https://man7.org/linux/man-pages/man7/fifo.7.html
 */
export function mkfifo(path: string, mode: number): void {
  mkfifoFunction(path, mode);
}
