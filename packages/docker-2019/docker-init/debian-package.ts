/** Files of Debian's packages, without installing one. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Puts one file of a package in a place, whole or not at all.
 *
 * @param file - Its path in the package: `usr/bin/tini-static`.
 * @param target - Where it is to be. Its directory is used for the work, and made if need be.
 * @throws {Error} With apt's own reason, when the package can't be had.
 */
export async function fetchFromPackage(name: string, file: string, target: string): Promise<void> {
  const directory = join(target, "..");
  mkdirSync(directory, { recursive: true });
  const work = mkdtempSync(join(directory, `.${name}-`));
  try {
    const archive = await download(name, work);
    await run("dpkg-deb", ["--extract", archive, join(work, "root")]);
    renameSync(join(work, "root", file), target);
  } catch (error) {
    throw new Error(reason(error), { cause: error });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** With the host's lists of packages; where it has none, as in many containers, with lists of our own. */
async function download(name: string, work: string): Promise<string> {
  mkdirSync(join(work, "lists/partial"), { recursive: true });
  const ownCache = ["-o", `Dir::Cache=${work}/cache`];
  const ownLists = [...ownCache, "-o", `Dir::State::Lists=${work}/lists`];
  const get = (options: readonly string[]) => run("apt-get", [...options, "download", name], { cwd: work });
  try {
    await get(ownCache);
  } catch {
    await run("apt-get", [...ownLists, "update"]);
    await get(ownLists);
  }
  return join(work, readdirSync(work).find((one) => one.endsWith(".deb"))!);
}

/** apt tells what went wrong in lines that begin with "E:". */
function reason(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: string };
  const line = stderr?.split("\n").find((one) => one.startsWith("E: "));
  return line?.slice("E: ".length) ?? message;
}
