/** Files that are always whole: a reader, or a daemon that starts after a crash, finds the old text or the new, never a part. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

interface AtomicWriteOptions {
  mode: number;
  /** Be on disk when this returns: for what somebody is told about. Otherwise only a crash of the daemon is survived, not one of the machine. */
  durable: boolean;
}

/**
 * Replaces the file `path` by `text`: writes a neighbour, then renames it over.
 *
 * @see https://man7.org/linux/man-pages/man2/rename.2.html
 */
export function writeFileAtomic(path: string, text: string, { mode, durable }: AtomicWriteOptions): void {
  const neighbour = `${path}.new`;
  try {
    writeFile(neighbour, text, { mode, durable });
    renameSync(neighbour, path);
  } catch (error) {
    rmSync(neighbour, { force: true }); // a full disk
    throw error;
  }
  if (durable) sync(dirname(path)); // the name itself is in the directory
}

function writeFile(path: string, text: string, { mode, durable }: AtomicWriteOptions): void {
  const fd = openSync(path, "w", mode);
  try {
    writeFileSync(fd, text);
    if (durable) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Returns when a file's content, or the names in a directory, are on disk. */
export function sync(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
