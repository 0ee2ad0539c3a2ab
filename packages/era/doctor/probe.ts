/**
 * Tries what a container needs, in a process that ends afterwards: what is unshared and mounted here goes with it.
 *
 *     node probe.ts [DIRECTORY]     prints {"PROBE": "" or what went wrong, …}; DIRECTORY is on the file system of the daemon's state
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MNT_DETACH, MS_PRIVATE, MS_REC, mount, umount } from "@eras/linux/mount.ts";
import { CLONE_FS, NAMESPACE_FLAGS, unshare } from "@eras/linux/namespaces.ts";
import { createBridge, createVeth } from "@eras/linux/netlink/links.ts";

const DIRECTORY = process.argv[2];

/** What is tried, and how: in this order, for each step happens in the namespaces of those before it. */
const PROBES = {
  user: unshareUser,
  uts: () => unshare(NAMESPACE_FLAGS.uts),
  ipc: () => unshare(NAMESPACE_FLAGS.ipc),
  net: unshareNetwork,
  mnt: unshareMounts,
  devpts: () => inScratch(mountDevpts),
  overlay: () => inScratch(mountOverlay),
  bridge: () => inOwnNetwork(() => createBridge("eras-probe")),
  veth: () => inOwnNetwork(() => createVeth("eras-probe0", "eras-probe1")),
  cgroup: () => unshare(NAMESPACE_FLAGS.cgroup),
  pid: () => unshare(NAMESPACE_FLAGS.pid),
  time: () => unshare(NAMESPACE_FLAGS.time),
} as const;

export type ProbeName = keyof typeof PROBES;
/** What was not tried is not there. */
export type ProbeResults = Readonly<Partial<Record<ProbeName, string>>>;

/** These need a place to mount on. */
const IN_DIRECTORY: readonly string[] = ["devpts", "overlay"] satisfies ProbeName[];

function tryAll(): ProbeResults {
  const probes = Object.entries(PROBES).filter(([name]) => DIRECTORY !== undefined || !IN_DIRECTORY.includes(name));
  const results = probes.map(([name, probe]) => [name, problemOf(probe)]);
  return Object.fromEntries(results);
}

function problemOf(probe: () => void): string {
  try {
    probe();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

/** Node has threads and can't; util-linux's program can. */
function unshareUser(): void {
  const { error, stderr } = spawnSync("unshare", ["--user", "true"], { encoding: "utf8" });
  if (error ?? stderr) throw error ?? new Error(stderr.trim());
}

let hasOwnNetwork = false;

function unshareNetwork(): void {
  unshare(NAMESPACE_FLAGS.net);
  hasOwnNetwork = true;
}

/** Devices are made in a namespace that takes them with it, or not at all: the host would keep them. */
function inOwnNetwork(make: () => void): void {
  if (!hasOwnNetwork) throw new Error("not tried without a network namespace");
  make();
}

/** Private, so that nothing mounted here shows on the host. */
function unshareMounts(): void {
  unshare(CLONE_FS | NAMESPACE_FLAGS.mnt);
  mount(null, "/", null, MS_REC | MS_PRIVATE, null);
}

function mountDevpts(scratch: string): void {
  mount("devpts", scratch, "devpts", 0, "newinstance,ptmxmode=0666");
  umount(scratch, MNT_DETACH);
}

function mountOverlay(scratch: string): void {
  for (const name of ["lower", "upper", "work", "merged"]) mkdirSync(join(scratch, name));
  const merged = join(scratch, "merged");
  const branches = `lowerdir=${scratch}/lower,upperdir=${scratch}/upper,workdir=${scratch}/work`;
  mount("overlay", merged, "overlay", 0, branches);
  writeFileSync(join(merged, "file"), "written through");
  umount(merged, MNT_DETACH);
  readFileSync(join(scratch, "upper/file"));
}

function inScratch(work: (directory: string) => void): void {
  const scratch = mkdtempSync(join(DIRECTORY!, ".eras-probe-"));
  try {
    work(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

console.log(JSON.stringify(tryAll()));
