/**
 * Where containers of a test live, and what they have left on the machine: asked of the kernel, not of the program that ran them.
 */
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { childDirectories, pidsBelow } from "@eras/cgroups/cgroup-path.ts";
import { removeCgroup } from "@eras/cgroups/remove.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";

export interface Place {
  /** Everything of the test is below this directory. */
  readonly dir: string;
  /** A cgroup of all trees, in which the test's containers have theirs: `docker-eras-interop-7`. */
  readonly cgroupParent: string;
}

/** A fresh directory that every user may enter, and a cgroup of the same name. */
export function newPlace(): Place {
  const dir = mkdtempSync(join(tmpdir(), "docker-eras-interop-"));
  chmodSync(dir, 0o755); // mkdtemp's own is 0700, which keeps the root of a user namespace out
  return { dir, cgroupParent: basename(dir) };
}

/** Mounts below the directory, cgroups below the parent, processes that name the directory. Empty when nothing is left. */
export function remains({ dir, cgroupParent }: Place): string[] {
  return [
    ...readMountinfo()
      .filter(({ mountPoint }) => mountPoint.startsWith(`${dir}/`))
      .map(({ mountPoint }) => `mount ${mountPoint}`),
    ...cgroupsCalled(cgroupParent)
      .flatMap(childDirectories)
      .map((path) => `cgroup ${path}`),
    ...processesThatName(dir),
  ];
}

/** Takes the place away, in all trees, with processes that a failed test may have left there. */
export async function removePlace({ dir, cgroupParent }: Place): Promise<void> {
  const cgroups = cgroupsCalled(cgroupParent);
  for (const pid of new Set(cgroups.flatMap(pidsBelow))) process.kill(pid, "SIGKILL");
  for (const path of cgroups) await removeCgroup(path);
  rmSync(dir, { recursive: true, force: true });
}

function cgroupsCalled(name: string): string[] {
  return readMountinfo()
    .filter(({ type }) => type === "cgroup" || type === "cgroup2")
    .map(({ mountPoint }) => join(mountPoint, name))
    .filter(existsSync);
}

function processesThatName(dir: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => `process ${pid} ${commandLine(pid)}`)
    .filter((line) => line.includes(dir));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // it has ended meanwhile
  }
}
