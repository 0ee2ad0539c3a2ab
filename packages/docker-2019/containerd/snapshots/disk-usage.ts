/** What a tree takes of the disk. */
import { type Dirent, lstatSync, readdirSync, type Stats } from "node:fs";
import { Turns } from "@eras/layers/turns.ts";
import type { SnapshotUsage } from "./snapshotter.ts";

/** Of stat(2)'s `st_blocks`, whatever the file system's own blocks are. */
const BLOCK_BYTES = 512;

/** Adds up files, each once, however many names it has. */
export class UsageCounter {
  readonly #seen = new Set<string>();
  #inodes = 0;
  #blocks = 0;

  add(stats: Stats): void {
    if (stats.nlink > 1 && !stats.isDirectory()) {
      const file = `${stats.dev}:${stats.ino}`;
      if (this.#seen.has(file)) return;
      this.#seen.add(file);
    }
    this.#inodes++;
    this.#blocks += stats.blocks;
  }

  get usage(): SnapshotUsage {
    return { inodes: this.#inodes, sizeBytes: this.#blocks * BLOCK_BYTES };
  }
}

/**
 * Walks through a tree, its root included, and counts. Files that vanish meanwhile count as they were found, or not at all.
 *
 * @throws {Error} ENOENT when there is no such tree.
 */
export async function diskUsage(root: string): Promise<SnapshotUsage> {
  const counter = new UsageCounter();
  counter.add(lstatSync(root));
  const turns = new Turns();
  for (const directories = [Buffer.from(root)]; directories.length > 0; ) {
    const directory = directories.pop()!;
    for (const entry of entriesOf(directory)) {
      const path = Buffer.concat([directory, SLASH, entry.name]);
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats === undefined) continue;
      counter.add(stats);
      if (stats.isDirectory()) directories.push(path);
      if (turns.over()) await turns.next();
    }
  }
  return counter.usage;
}

const SLASH = Buffer.from("/");

/** Names as bytes: not each is UTF-8. */
function entriesOf(directory: Buffer): Dirent<Buffer>[] {
  try {
    return readdirSync(directory, { encoding: "buffer", withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
