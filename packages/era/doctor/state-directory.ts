/** The check of the directory that the daemon's state is to lie in; what is tried there makes sense only if it can be made. */
import { existsSync, mkdtempSync, rmdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { statePathProblem } from "@eras/docker-2013/state-path.ts";
import type { Directories } from "../world.ts";
import { type Check, judge } from "./check.ts";

/** Makes and removes one directory beside the daemon's state, or where it would be made. @param variable - That names another. */
export function stateDirectoryCheck(world: Directories, variable: string): Check {
  return judge(
    {
      capability: "state directory",
      neededBy: "dockerd",
      required: true,
      remedy: `name another directory in ${variable}, on a disk or a tmpfs`,
    },
    problemOf(world.rootDir),
    world.rootDir,
  );
}

function problemOf(path: string): string | undefined {
  const spelling = statePathProblem(path);
  if (spelling !== undefined) return `${path}: ${spelling}`;
  const parent = existingParent(path);
  if (!statSync(parent).isDirectory()) return `${parent} is no directory`;
  try {
    rmdirSync(mkdtempSync(join(parent, ".eras-probe-")));
    return undefined;
  } catch (error) {
    return `no directory can be made in ${parent}: ${(error as NodeJS.ErrnoException).code}`;
  }
}

/** `path`, or the nearest directory above it that exists. */
export function existingParent(path: string): string {
  return existsSync(path) ? path : existingParent(dirname(path));
}
