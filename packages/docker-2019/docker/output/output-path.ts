/** Where something is to be written, looked at before the daemon is asked for it. */
import { existsSync, statSync } from "node:fs";
import { dirname, normalize } from "node:path";

/** @throws {Error} When there is no directory for it, or a device is there, whose place a file would take: `/dev/null`. */
export function checkOutputPath(path: string): void {
  const directory = dirname(normalize(path));
  if (!existsSync(directory))
    throw new Error(`invalid output path: directory ${JSON.stringify(directory)} does not exist`);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isCharacterDevice() || there?.isBlockDevice())
    throw new Error(`invalid output path: ${JSON.stringify(path)} must be a directory or a regular file: got a device`);
}
