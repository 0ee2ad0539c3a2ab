/** What the files of a tree hold. */
import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { Turns } from "@eras/layers/turns.ts";

const SLASH = Buffer.from("/");

/**
 * Adds up the sizes of all files, as `ls` shows them, each once, however many names it has; a symbolic link is as long as its target.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/pkg/directory/directory_unix.go
 */
export async function bytesOfFiles(root: string): Promise<number> {
  const seen = new Set<string>();
  const turns = new Turns();
  let bytes = 0;
  for (const directories = [Buffer.from(root)]; directories.length > 0; ) {
    const directory = directories.pop()!;
    for (const entry of entriesOf(directory)) {
      const path = Buffer.concat([directory, SLASH, entry.name]);
      if (entry.isDirectory()) directories.push(path);
      else bytes += sizeOnce(path, seen);
      if (turns.over()) await turns.next();
    }
  }
  return bytes;
}

/** The size of a file that wasn't seen yet. The tree may be a running container's: what has gone meanwhile counts nothing. */
function sizeOnce(path: Buffer, seen: Set<string>): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (stats.nlink === 1) return stats.size;
  const file = `${stats.dev}:${stats.ino}`;
  if (seen.has(file)) return 0;
  seen.add(file);
  return stats.size;
}

/** Names as bytes: not each is UTF-8. */
function entriesOf(directory: Buffer): Dirent<Buffer>[] {
  try {
    return readdirSync(directory, { encoding: "buffer", withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
