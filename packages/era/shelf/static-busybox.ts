/** Finds a busybox that needs no library: the host's own, else the one of Debian's package, which is unpacked without being installed. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { isStatic } from "@eras/linux/elf.ts";
import { CLONE } from "../world.ts";

const run = promisify(execFile);

/** Ours to write to, and not part of the repository. */
const CACHE = join(CLONE, ".cache");
const UNPACKED = join(CACHE, "busybox-static");

/**
 * @returns Path of a static busybox.
 * @throws {Error} When the host has none and the package cannot be had.
 */
export async function findStaticBusybox(): Promise<string> {
  return hostBusybox() ?? cachedBusybox() ?? (await downloadBusybox());
}

/** The first static `busybox` on the PATH. */
export function hostBusybox(path = process.env.PATH ?? ""): string | undefined {
  return path
    .split(":")
    .map((directory) => join(directory, "busybox"))
    .find((candidate) => existsSync(candidate) && isStatic(readFileSync(candidate)));
}

/** The one of a package that was downloaded earlier: /bin/busybox, or below /usr in newer releases. */
export function cachedBusybox(): string | undefined {
  return ["bin/busybox", "usr/bin/busybox"].map((file) => join(UNPACKED, file)).find((file) => existsSync(file));
}

async function downloadBusybox(): Promise<string> {
  const work = join(CACHE, `apt-${process.pid}`);
  mkdirSync(join(work, "lists/partial"), { recursive: true });
  try {
    const archive = await downloadPackage(work);
    await run("dpkg-deb", ["--extract", archive, join(work, "root")]);
    rmSync(UNPACKED, { recursive: true, force: true });
    renameSync(join(work, "root"), UNPACKED);
  } catch (error) {
    throw new Error(`Cannot get a static busybox: ${reason(error)} (remedy: apt-get install busybox-static)`, {
      cause: error,
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return cachedBusybox()!;
}

/** `apt-get download` with the host's lists of packages; where it has none, as in many containers, with lists of our own. */
async function downloadPackage(work: string): Promise<string> {
  const ownCache = ["-o", `Dir::Cache=${work}/cache`];
  const ownLists = [...ownCache, "-o", `Dir::State::Lists=${work}/lists`];
  const download = (options: string[]) => run("apt-get", [...options, "download", "busybox-static"], { cwd: work });
  try {
    await download(ownCache);
  } catch {
    await run("apt-get", [...ownLists, "update"]);
    await download(ownLists);
  }
  return join(work, readdirSync(work).find((name) => name.endsWith(".deb"))!);
}

/** apt tells what went wrong in lines that begin with "E:". */
function reason(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: string };
  return (
    stderr
      ?.split("\n")
      .find((line) => line.startsWith("E: "))
      ?.slice(3) ?? message
  );
}
