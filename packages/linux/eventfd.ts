/** A counter in the kernel that programs wait for by reading it: the lightest way for the kernel to say that something happened. */
import { libcFunction } from "./libc.ts";

const eventfdFunction = libcFunction<[number, number]>("int eventfd(uint initial, int flags)");

const EFD_CLOEXEC = 0o2000000;

/**
 * Makes an event counter of 0.
 *
 * Reading its 8 bytes blocks until the counter is above 0, then gives the counter and sets it back; writing 8 bytes adds to it.
 *
 * @returns A descriptor, closed on exec.
 * @see https://man7.org/linux/man-pages/man2/eventfd.2.html
 */
export function eventfd(): number {
  return eventfdFunction(0, EFD_CLOEXEC);
}
