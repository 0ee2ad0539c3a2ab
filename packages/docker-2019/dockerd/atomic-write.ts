/** Files that are always whole: whoever reads one, also after a crash or a loss of power, finds the old text or the new, never a part. */
import { renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { sync, writeDurably } from "./durable-write.ts";

/**
 * Replaces a file, and returns when that is on the disk.
 *
 * @see https://man7.org/linux/man-pages/man2/rename.2.html
 */
export function writeFileAtomic(path: string, text: string, mode = 0o600): void {
  const neighbour = `${path}.tmp`;
  try {
    writeDurably(neighbour, text, mode);
    renameSync(neighbour, path);
  } catch (error) {
    rmSync(neighbour, { force: true }); // a full disk
    throw error;
  }
  sync(dirname(path)); // the name is in there
}
