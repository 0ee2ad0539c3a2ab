/** Telling the kernel what becomes of a range of memory. */
import { libcFunction } from "./libc.ts";

/** Takes the pages away. One that is a file's and was never written comes back from the file when it is touched; others are lost. */
export const MADV_DONTNEED = 4;
/** Children get the range as well. */
export const MADV_DOFORK = 11;

/**
 * @param address - Of the first byte; a multiple of the page's size. @param length - In bytes.
 * @see https://man7.org/linux/man-pages/man2/madvise.2.html
 */
export const madvise = libcFunction<[address: bigint, length: bigint, advice: number]>(
  "int madvise(uint64 address, ulong length, int advice)",
  { bare: true },
);
