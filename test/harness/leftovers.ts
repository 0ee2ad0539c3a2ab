/** What a daemon in `dir` has on the machine: asked of the kernel, not of the daemon. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { containerCgroupPath } from "@eras/docker-2013/container-cgroup.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";

interface Expected {
  /** The daemon itself, which may well be there. */
  daemonPid?: number;
  /** Containers whose cgroups must be gone. Others may be of somebody else's daemon. */
  containers?: readonly string[];
}

/** Mounts below `dir`, cgroups of its containers, processes whose command line names it. Empty when nothing is left. */
export function leftovers(dir: string, { daemonPid, containers = [] }: Expected = {}): string[] {
  const mounts = readMountinfo();
  return [
    ...mounts.filter((mount) => mount.mountPoint.startsWith(`${dir}/`)).map((mount) => `mount ${mount.mountPoint}`),
    ...mounts
      .filter((mount) => mount.type === "cgroup" || mount.type === "cgroup2")
      .flatMap(({ mountPoint }) => containers.flatMap((id) => cgroupsOf(id, mountPoint)))
      .map((path) => `cgroup ${path}`),
    ...processesOf(dir)
      .filter(({ pid }) => pid !== String(daemonPid))
      .map(({ pid, command }) => `process ${pid} ${command}`),
  ];
}

/** Ours, and those of a genuine LXC. */
function cgroupsOf(id: string, mountPoint: string): string[] {
  const ours = join(mountPoint, containerCgroupPath(id));
  const genuine = readdirSync(mountPoint).filter((name) => name.startsWith("lxc.") && name.includes(id));
  return [ours, ...genuine.map((name) => join(mountPoint, name))].filter(existsSync);
}

function processesOf(dir: string): { pid: string; command: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => ({ pid, command: commandLine(pid) }))
    .filter(({ command }) => command.includes(dir));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // it has ended meanwhile
  }
}
