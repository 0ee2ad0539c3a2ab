/**
 * Makes single files of each type in an open directory, without their metadata.
 *
 * A file gets holes where its archive says so, and where it has blocks of zeros: archives that we write ourselves have no other way to
 * keep a sparse file from filling the disk at the other end (`commit` goes through one).
 */
import { ftruncateSync, writeSync } from "node:fs";
import { makedev, S_IFBLK, S_IFCHR, S_IFIFO } from "@eras/linux/mknod.ts";
import { mknodat, symlinkat } from "@eras/linux/open.ts";
import { ArchiveError, quote } from "./archive-error.ts";
import { systemName } from "./file-name.ts";
import type { TarEntry } from "./tar-entry.ts";
import type { TarMember } from "./tar-reader.ts";
import type { Turns } from "./turns.ts";

const NODE_TYPES = { fifo: S_IFIFO, "character-device": S_IFCHR, "block-device": S_IFBLK } as const;

/** An entry that is a name and its metadata, without content. */
export type NodeEntry = TarEntry & { readonly type: "symlink" | keyof typeof NODE_TYPES };

/**
 * Makes a symbolic link, fifo or device.
 *
 * @throws {ErrnoError} EEXIST; EPERM for a device without CAP_MKNOD.
 * @throws {ArchiveError} When there can be no such device.
 */
export function makeNode(directoryFd: number, name: string, entry: NodeEntry): void {
  if (entry.type === "symlink") symlinkat(systemName(entry.linkName), directoryFd, systemName(name));
  else mknodat(directoryFd, systemName(name), NODE_TYPES[entry.type], deviceOf(entry));
}

function deviceOf({ name, deviceMajor, deviceMinor }: TarEntry): number {
  try {
    return makedev(deviceMajor, deviceMinor);
  } catch (cause) {
    throw new ArchiveError(`Cannot unpack ${quote(name)}: there is no device ${deviceMajor}:${deviceMinor}`, { cause });
  }
}

/** What file systems allocate at once, mostly: a smaller hole saves nothing. */
const BLOCK_BYTES = 4096;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/** Writes a member's content to a new, empty file, except what reads as zeros without being written. */
export async function writeContent(fd: number, { entry, content }: TarMember, turns: Turns): Promise<void> {
  let end = 0;
  for await (const { position, bytes } of content()) {
    for (const { from, to } of dataIn(bytes, position)) {
      writeAll(fd, bytes.subarray(from, to), position + from);
      end = position + to;
    }
    if (turns.over()) await turns.next();
  }
  if (end < entry.size) ftruncateSync(fd, entry.size); // the file ends with a hole
}

/** The stretches of `bytes` between its blocks of zeros. `position` is that of the first byte in the file: blocks are counted there. */
function* dataIn(bytes: Buffer, position: number): Generator<{ from: number; to: number }> {
  let [from, to] = [0, 0];
  for (let start = 0, next: number; start < bytes.length; start = next) {
    next = Math.min(start + BLOCK_BYTES - ((position + start) % BLOCK_BYTES), bytes.length);
    if (isZero(bytes, start, next)) continue;
    if (start > to) {
      if (to > from) yield { from, to };
      from = start;
    }
    to = next;
  }
  if (to > from) yield { from, to };
}

function isZero(bytes: Buffer, from: number, to: number): boolean {
  return bytes[from] === 0 && bytes.compare(ZEROS, 0, to - from, from, to) === 0;
}

/** write(2) may take less than it is given. */
function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}
