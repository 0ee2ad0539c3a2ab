/** Around the whole suite: what it left on the machine, compared with what was there before. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { childDirectories } from "@eras/cgroups/cgroup-path.ts";
import { cgroupTrees } from "@eras/cgroups/detect.ts";
import { removeEmpty } from "@eras/cgroups/remove.ts";
import { LXC_PIVOT } from "@eras/docker-2013/dockerd/genuine-lxc.ts";
import { namingCommandLine } from "@eras/docker-2019/runc/testsuite/waiting-init.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { removeAbandonedPlaces } from "./harness/remains.ts";

/**
 * Cgroups that tests have in common, and of which none knows that it is the last: the one that holds those of all worlds of 2013, and the one
 * into which genuine LXC steps aside.
 */
const SHARED = ["docker-eras-2013", LXC_PIVOT];

/**
 * Mounts, network devices, processes and files that bear one of our names; and all cgroups, whose names containerd's namespaces and
 * genuine programs choose.
 */
function ours(): string[] {
  return [
    ...readMountinfo()
      .filter(({ mountPoint }) => /docker-eras|eras-/.test(mountPoint))
      .map(({ mountPoint }) => `mount ${mountPoint}`),
    ...cgroupTrees()
      .flatMap(childDirectories)
      .filter((path) => !/\.(slice|scope|service|mount)$/.test(path)) // systemd's, of a machine that lives on meanwhile
      .map((path) => `cgroup ${path}`),
    ...readdirSync("/sys/class/net")
      .filter((name) => name.startsWith("eras"))
      .map((name) => `network device ${name}`),
    ...readdirSync("/proc")
      .filter(Number)
      .map((pid) => `process ${pid} ${namingCommandLine(pid)}`)
      .filter((line) =>
        /docker-eras-|-2013 | docker-proxy -|dockerd\/main\.ts|docker-2019\/(shim|containerd)\/main\.ts/.test(line),
      ),
    ...["/run/docker-eras/2019", "/var/lib/docker-eras/2019"].flatMap(filesBelow).map((path) => `file ${path}`),
  ];
}

/** What programs of 2019 keep by default; directories are made once and stay. */
function filesBelow(dir: string): string[] {
  if (!existsSync(dir)) return [];
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
}

/** Takes away what a suite that was killed has left, and remembers the rest. */
export async function machineNow(): Promise<ReadonlySet<string>> {
  await removeAbandonedPlaces();
  return new Set(ours());
}

/** @returns What is there now and was not before, each in words. */
export function leftSince(before: ReadonlySet<string>): string[] {
  for (const path of cgroupTrees().flatMap((root) => SHARED.map((name) => join(root, name))))
    if (existsSync(path)) removeEmpty(path);
  return ours().filter((what) => !before.has(what));
}
