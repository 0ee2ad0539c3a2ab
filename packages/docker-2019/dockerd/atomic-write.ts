/** Files that are always whole: whoever reads one, also after a crash or a loss of power, finds the old text or the new, never a part. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Replaces a file, and returns when that is on the disk.
 *
 * @see https://man7.org/linux/man-pages/man2/rename.2.html
 */
export function writeFileAtomic(path: string, text: string, mode = 0o600): void {
  const neighbour = `${path}.tmp`;
  try {
    const fd = openSync(neighbour, "w", mode);
    try {
      writeSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(neighbour, path);
  } catch (error) {
    rmSync(neighbour, { force: true }); // a full disk
    throw error;
  }
  const directory = openSync(dirname(path), "r");
  fsyncSync(directory); // the name is in there
  closeSync(directory);
}
