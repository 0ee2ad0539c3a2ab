/**
 * Where one running 2019 lives.
 *
 *     /var/lib/docker-eras/2019/       rootDir   ERAS_2019_ROOT
 *     ├─ dockerd.log                   what the daemon prints, and its containerd
 *     └─ docker/                       `dockerd-2019 --data-root`
 *     /run/docker-eras/2019/           runDir    ERAS_2019_RUN
 *     ├─ docker.sock                   the Engine API
 *     ├─ docker/                       `dockerd-2019 --exec-root`
 *     ├─ dockerd.json                  who runs: see background.ts
 *     └─ set-up.lock  checked
 *     eras2019                         bridge    ERAS_2019_BRIDGE
 *     /docker-eras-2019/<container>    cgroups   ERAS_2019_CGROUP, in each hierarchy
 */
import { join, resolve } from "node:path";
import type { BackgroundProgram } from "../background.ts";
import { type Directories, program } from "../world.ts";

export interface World2019 extends Directories {
  readonly bridge: string;
  /** The cgroup that holds those of all containers. */
  readonly cgroup: string;
}

export function openWorld2019(env: NodeJS.ProcessEnv = process.env): World2019 {
  return {
    rootDir: resolve(env.ERAS_2019_ROOT ?? "/var/lib/docker-eras/2019"),
    runDir: resolve(env.ERAS_2019_RUN ?? "/run/docker-eras/2019"),
    bridge: env.ERAS_2019_BRIDGE ?? "eras2019",
    cgroup: env.ERAS_2019_CGROUP ?? "/docker-eras-2019",
  };
}

export const socketPath = ({ runDir }: Directories) => join(runDir, "docker.sock");
export const dataRoot = ({ rootDir }: Directories) => join(rootDir, "docker");
export const execRoot = ({ runDir }: Directories) => join(runDir, "docker");

/** The daemon as a program in the background. */
export function dockerd2019(world: World2019): BackgroundProgram {
  const state = ["--data-root", dataRoot(world)];
  return {
    name: "dockerd",
    command: program("dockerd-2019"),
    args: [
      ...[...state, "--exec-root", execRoot(world), "--pidfile", join(world.runDir, "docker.pid")],
      ...["--host", `unix://${socketPath(world)}`, "--bridge", world.bridge, "--cgroup-parent", world.cgroup],
    ],
    identity: state,
  };
}
