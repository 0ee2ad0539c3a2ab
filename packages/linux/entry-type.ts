/** Whether a file system tells, with each name in a directory, what kind of file it is: overlayfs needs that, and XFS can be without. */
import { closeSync, constants, openSync } from "node:fs";
import { libcFunction } from "./libc.ts";

/** struct dirent64: `d_reclen` and `d_type` after two numbers of 64 bits. */
const RECORD_LENGTH_OFFSET = 16;
const TYPE_OFFSET = 18;
const DT_UNKNOWN = 0;

const getdents64 = libcFunction<[number, Buffer, number]>("long getdents64(int fd, void *buffer, size_t size)");

/**
 * Whether the entries of a directory have a type. Each directory has two at least: `.` and `..`.
 *
 * @see https://man7.org/linux/man-pages/man2/getdents.2.html
 */
export function hasEntryTypes(directory: string): boolean {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const buffer = Buffer.alloc(4096);
    const bytes = getdents64(fd, buffer, buffer.length);
    for (let at = 0; at < bytes; at += buffer.readUInt16LE(at + RECORD_LENGTH_OFFSET)) {
      if (buffer[at + TYPE_OFFSET] === DT_UNKNOWN) return false;
    }
    return true;
  } finally {
    closeSync(fd);
  }
}
