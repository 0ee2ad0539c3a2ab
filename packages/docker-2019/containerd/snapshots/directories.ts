/** The directories of snapshots: each is named by a number. */
import { readdirSync } from "node:fs";

/** The numbers that a directory has entries for, in order. */
export function numberedDirectories(directory: string): number[] {
  return readdirSync(directory)
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}
