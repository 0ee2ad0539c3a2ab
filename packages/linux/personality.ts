/** The execution domain: which machine the kernel pretends to be towards a program. */
import { libcFunction } from "./libc.ts";

/** The kernel as it is. */
export const PER_LINUX = 0;
/** `uname -m` on a 64-bit machine tells its 32-bit name: i686, armv8l. */
export const PER_LINUX32 = 8;

const personalityFunction = libcFunction<[number]>("int personality(ulong persona)");

/**
 * Changes the caller's execution domain. Kept by execve and inherited by children.
 *
 * @returns The domain before.
 * @see https://man7.org/linux/man-pages/man2/personality.2.html
 */
export function personality(persona: number): number {
  return personalityFunction(persona);
}
