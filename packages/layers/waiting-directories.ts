/**
 * Directories whose metadata has to wait until the archive is unpacked.
 *
 * Making a file in a directory changes the directory's time, and its mode or default ACL would meddle with what is made in it.
 */
import { fstatSync } from "node:fs";
import { setMetadata } from "./metadata.ts";
import type { TarEntry } from "./tar-entry.ts";
import type { Target } from "./target.ts";
import { Turns } from "./turns.ts";

interface WaitingDirectory {
  readonly entry: TarEntry;
  /** Tells it from another directory that took its place. */
  readonly inode: bigint;
}

export class WaitingDirectories {
  readonly #byPath = new Map<string, WaitingDirectory>();

  /** Notes what an open directory shall become. A second entry for the same path replaces the first. */
  note(path: string, fd: number, entry: TarEntry): void {
    this.#byPath.set(path, { entry, inode: inodeOf(fd) });
  }

  /** Sets the metadata of all that are still there, children before their parents. */
  async finish(target: Target): Promise<void> {
    const turns = new Turns();
    for (const [path, { entry, inode }] of [...this.#byPath].reverse()) {
      const fd = target.find(path);
      if (fd !== undefined && inodeOf(fd) === inode) setMetadata(fd, entry);
      if (turns.over()) await turns.next();
    }
  }
}

function inodeOf(fd: number): bigint {
  return fstatSync(fd, { bigint: true }).ino;
}
