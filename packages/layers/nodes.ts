/** Makes single files of each type in an open directory, without their metadata. */
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

/** Writes a member's content to a new, empty file, leaving its holes as holes. */
export async function writeContent(fd: number, { entry, content }: TarMember, turns: Turns): Promise<void> {
  let end = 0;
  for await (const { position, bytes } of content()) {
    writeAll(fd, bytes, position);
    end = position + bytes.length;
    if (turns.over()) await turns.next();
  }
  if (end < entry.size) ftruncateSync(fd, entry.size); // the file ends with a hole
}

/** write(2) may take less than it is given. */
function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}
