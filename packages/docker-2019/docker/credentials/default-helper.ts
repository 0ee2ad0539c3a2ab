/** Where credentials go when nobody says: to the program for this platform's own keeper of secrets, if there is one. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** `pass` where it is installed, else the desktop's service; undefined when docker has no program for it. */
export function defaultHelper(): string | undefined {
  const keeper = isInPath("pass") ? "pass" : "secretservice";
  return isInPath(`docker-credential-${keeper}`) ? keeper : undefined;
}

function isInPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((directory) => isExecutable(join(directory, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
