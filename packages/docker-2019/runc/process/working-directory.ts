/** The directory in which the container's program starts, and the proof that it lies in the container. */
import { mkdirSync, readlinkSync, statSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { getcwd } from "@eras/linux/getcwd.ts";
import { errorText } from "../error-text.ts";

/**
 * Makes `process.cwd` if the image hasn't got it. Call inside the container's root, as its root user.
 *
 * Not by `mkdirSync` with `recursive`: where a directory can't be made although the one above is there, as in /proc, it tries for ever.
 */
export function makeWorkingDirectory(cwd: string): void {
  const names = cwd.split("/").filter(Boolean);
  for (const i of names.keys()) makeDirectory(`/${names.slice(0, i + 1).join("/")}`);
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, 0o755);
  } catch (error) {
    const found = isErrno(error, "EEXIST") ? statSync(path, { throwIfNoEntry: false }) : undefined;
    if (found?.isDirectory()) return;
    const reason = found ? "not a directory" : errorText(error as NodeJS.ErrnoException);
    throw new Error(`mkdir ${path}: ${reason}`, { cause: error });
  }
}

/**
 * Enters `process.cwd` with the rights that we have now.
 *
 * Root may enter a directory that the container's user may not, and the other way round (a network filesystem that squashes root):
 * so it is tried as both.
 *
 * @returns False when we lack the right: try again as the container's user.
 * @throws {Error} When there is no such directory, or when it isn't in the container.
 */
export function tryWorkingDirectory(cwd: string): boolean {
  try {
    process.chdir(cwd);
  } catch (error) {
    if (isErrno(error, "EACCES", "EPERM")) return false;
    throw chdirError(cwd, error);
  }
  verifyInsideRoot();
  return true;
}

/** Enters `process.cwd`, at the last try. @throws {Error} As `tryWorkingDirectory`, and when we lack the right. */
export function enterWorkingDirectory(cwd: string): void {
  try {
    process.chdir(cwd);
  } catch (error) {
    throw chdirError(cwd, error);
  }
  verifyInsideRoot();
}

function chdirError(cwd: string, error: unknown): Error {
  const reason = errorText(error as NodeJS.ErrnoException);
  return new Error(`chdir to cwd (${JSON.stringify(cwd)}) set in config.json failed: ${reason}`, { cause: error });
}

/**
 * A directory such as /proc/self/fd/7 may lead out of the container, if a descriptor of the host's is open there: CVE-2024-21626.
 * Then there is no path to it from "/".
 */
function verifyInsideRoot(): void {
  if (isInsideRoot()) return;
  throw new Error(
    "current working directory is outside of container mount namespace root -- possible container breakout detected",
  );
}

function isInsideRoot(): boolean {
  try {
    return getcwd().startsWith("/");
  } catch (error) {
    if (isErrno(error, "EPERM", "ENOSYS")) return readlinkSync("/proc/self/cwd").startsWith("/"); // a filter forbids to ask
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}
