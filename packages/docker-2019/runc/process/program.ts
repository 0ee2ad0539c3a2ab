/** Which file `process.args[0]` means: looked for in the container, by its user, before anybody is told that the container is created. */
import { constants, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { eaccess } from "@eras/linux/eaccess.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { step } from "../../step.ts";
import { callErrorText } from "../error-text.ts";

const ANY_EXECUTE_BIT = 0o111;

/**
 * Finds the program, as a shell would.
 *
 * @param name - With a slash, it is the path itself.
 * @param path - The container's PATH; without one only a path will do.
 * @returns The path for execve.
 * @throws {Error} In the words that dockerd turns into exit statuses 126 and 127.
 */
export function findProgram(name: string, path: string | undefined): string {
  step("runc.find-program", { name, path });
  const found = name.includes("/") ? checkPath(name) : searchPath(name, path ?? "");
  try {
    eaccess(found, constants.X_OK); // by the user that we are now; and not on a noexec mount
  } catch (error) {
    if (isErrno(error, "EPERM", "ENOSYS")) return found; // a filter forbids to ask; execve itself will tell
    throw new Error(callErrorText("exec", found, error as NodeJS.ErrnoException), { cause: error });
  }
  return found;
}

function checkPath(name: string): string {
  if (isProgram(statOrFail(name))) return name;
  throw notFound(name, "permission denied");
}

function statOrFail(name: string): Stats {
  try {
    return statSync(name);
  } catch (error) {
    throw notFound(name, callErrorText("stat", name, error as NodeJS.ErrnoException));
  }
}

/** What isn't there, or can't be looked at, is passed over: a later directory may have it. */
function searchPath(name: string, path: string): string {
  const candidates = path === "" ? [] : path.split(":").map((directory) => join(directory, name));
  const found = candidates.find((candidate) => isProgram(statOrNothing(candidate)));
  if (found === undefined) throw notFound(name, "executable file not found in $PATH");
  if (!found.startsWith("/")) throw notFound(name, "cannot run executable found relative to current directory");
  return found;
}

function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isProgram(stats: Stats | undefined): boolean {
  return stats !== undefined && !stats.isDirectory() && (stats.mode & ANY_EXECUTE_BIT) !== 0;
}

function notFound(name: string, reason: string): Error {
  return new Error(`exec: ${JSON.stringify(name)}: ${reason}`);
}
