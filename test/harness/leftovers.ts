/** What a daemon in `dir` has on the machine: asked of the kernel, not of the daemon. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readMountinfo } from "@eras/linux/mountinfo.ts";

/**
 * Mounts below `dir`, cgroups of 2013 containers, processes whose command line names `dir`. Empty when nothing is left.
 *
 * @param daemonPid - The daemon itself, which may well be there.
 */
export function leftovers(dir: string, daemonPid?: number): string[] {
  return [
    ...readMountinfo()
      .filter((mount) => mount.mountPoint.startsWith(`${dir}/`))
      .map((mount) => `mount ${mount.mountPoint}`),
    ...cgroups2013().map((path) => `cgroup ${path}`),
    ...processesOf(dir)
      .filter(({ pid }) => pid !== String(daemonPid))
      .map(({ pid, command }) => `process ${pid} ${command}`),
  ];
}

/** Control groups of containers of 2013, in every hierarchy, whoever's they are: the suite runs alone on its machine. */
function cgroups2013(): string[] {
  return readMountinfo()
    .filter((mount) => mount.type === "cgroup" || mount.type === "cgroup2")
    .map((mount) => join(mount.mountPoint, "docker-eras-2013"))
    .filter(existsSync)
    .flatMap((parent) =>
      readdirSync(parent, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join(parent, entry.name)),
    );
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
