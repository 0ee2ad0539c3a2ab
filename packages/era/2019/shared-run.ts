/**
 * What the programs of 2019 share in /run, whoever has started them: it is nobody's in particular, and goes with the machine's own world as far
 * as nothing uses it.
 *
 *     /run/docker-eras/2019/
 *     ├─ s/<hash>              sockets of shims: their paths must be short
 *     └─ runc/<namespace>/     runc's own, where a shim is told of no other; a directory in it for each container
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { socketAnswers } from "@eras/linux/socket-answers.ts";
import { removeEmptyDirectory } from "../removal.ts";

const SHARED = "/run/docker-eras/2019";

/** Does nothing for another world's directory. */
export async function removeUnusedShared(runDir: string, shared = SHARED): Promise<void> {
  if (runDir !== shared) return;
  for (const path of pathsIn(join(shared, "s"))) if (!(await socketAnswers(path))) rmSync(path, { force: true });
  for (const path of pathsIn(join(shared, "runc"))) removeEmptyDirectory(path);
  for (const name of ["s", "runc"]) if (existsSync(join(shared, name))) removeEmptyDirectory(join(shared, name));
}

function pathsIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
}
