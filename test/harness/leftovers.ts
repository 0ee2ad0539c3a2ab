/** What a daemon in `dir` has on the machine: asked of the kernel, not of the daemon. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cgroupTrees } from "@eras/cgroups/detect.ts";
import { containerCgroupPath } from "@eras/docker-2013/container-cgroup.ts";
import { mountPointsBelow, processesThatName, told } from "./on-machine.ts";

interface Expected {
  /** The daemon itself, which may well be there. */
  daemonPid?: number;
  /** Containers whose cgroups must be gone. Others may be of somebody else's daemon. */
  containers?: readonly string[];
}

/** Mounts below `dir`, cgroups of its containers, processes whose command line names it. Empty when nothing is left. */
export function leftovers(dir: string, { daemonPid, containers = [] }: Expected = {}): string[] {
  return [
    ...mountPointsBelow(dir).map((mountPoint) => `mount ${mountPoint}`),
    ...cgroupTrees()
      .flatMap((root) => containers.flatMap((id) => cgroupsOf(id, root)))
      .map((path) => `cgroup ${path}`),
    ...processesThatName(dir)
      .filter(({ pid }) => pid !== daemonPid)
      .map(told),
  ];
}

/** Ours, and those of a genuine LXC. */
function cgroupsOf(id: string, root: string): string[] {
  const ours = join(root, containerCgroupPath(id));
  const genuine = readdirSync(root).filter((name) => name.startsWith("lxc.") && name.includes(id));
  return [ours, ...genuine.map((name) => join(root, name))].filter(existsSync);
}
