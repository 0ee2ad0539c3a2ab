/** Writing in a way that a loss of power doesn't undo. Whole files in one step: atomic-write.ts. */
import { closeSync, fsyncSync, openSync, writeFileSync } from "node:fs";

/** Writes a file that nobody looks at yet. */
export function writeDurably(path: string, content: string | Uint8Array, mode: number): void {
  const fd = openSync(path, "w", mode);
  try {
    writeFileSync(fd, content);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Returns when the names in a directory, or a file's content, are on the disk. */
export function sync(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
