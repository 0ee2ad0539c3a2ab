/** Where something is to be written, looked at before the daemon is asked for it. */
import { existsSync } from "node:fs";
import { dirname, normalize } from "node:path";

/** @throws {Error} When there is no directory for it. */
export function checkOutputPath(path: string): void {
  const directory = dirname(normalize(path));
  if (!existsSync(directory))
    throw new Error(`invalid output path: directory ${JSON.stringify(directory)} does not exist`);
}
