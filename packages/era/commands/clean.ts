/**
 * `era clean`: takes a world off the machine, whatever state it is in.
 *
 * Nothing is matched by a pattern: the daemon and each lxc-start are known by their arguments, which name this world; cgroups by the
 * ids of its containers; mounts by lying below its directories; files by the names that we give. What else lies there stays, and is
 * told. A step that fails does not stop the next: half of the state may be broken.
 */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { childDirectories } from "@eras/cgroups/cgroup-path.ts";
import { cgroupTrees } from "@eras/cgroups/detect.ts";
import { openCgroup } from "@eras/cgroups/open.ts";
import { removeEmpty } from "@eras/cgroups/remove.ts";
import { containerCgroupPath } from "@eras/docker-2013/container-cgroup.ts";
import { archiveServer } from "../archive.ts";
import { killProcess, stopBackground } from "../background.ts";
import { dockerd } from "../dockerd.ts";
import { withLock } from "../lock.ts";
import { listProcesses, listProcessesOfOurFiles, type Process } from "../processes.ts";
import { removeAll, removeOurs, unmountBelow } from "../removal.ts";
import { setUpLock } from "../set-up.ts";
import { containersDir, openWorld, type World } from "../world.ts";
import { GRACE_MS } from "./down.ts";
import { readOptions } from "./help.ts";

/** The cgroup that holds those of all containers. */
const OUR_CGROUP = dirname(containerCgroupPath("any"));

const STEPS = [stopPrograms, endContainers, unmountAll, removeEmptyCgroups, removeFiles];

/** @returns 1 if something of ours had to stay. */
export async function clean(words: readonly string[]): Promise<number> {
  const options = readOptions("clean", words);
  if (!options) return 0;
  if (process.geteuid?.() !== 0) throw new Error("Cannot clean: only root can");
  if (options.year === "2019") return (await import("../2019/commands.ts")).clean();
  const world = openWorld();
  const hadRunDir = existsSync(world.runDir); // the lock makes one
  return withLock(setUpLock(world), () => removeAll(world, STEPS, hadRunDir));
}

function* stopPrograms(world: World): Generator<string> {
  for (const program of [archiveServer(world), dockerd(world)]) {
    const pid = stopBackground(world, program, GRACE_MS);
    if (pid !== undefined) yield `${program.name} (pid ${pid})`;
  }
}

/** A container's init dies with its lxc-start; then the cgroup is empty, and goes. */
async function* endContainers(world: World): AsyncGenerator<string> {
  const directory = containersDir(world);
  const lxcStarts = findLxcStarts(directory);
  for (const { pid } of lxcStarts) killProcess(pid);
  for (const id of new Set(lxcStarts.map(({ id }) => id))) yield `running container ${id}`;
  const known = existsSync(directory) ? readdirSync(directory) : [];
  for (const id of new Set([...lxcStarts.map(({ id }) => id), ...known])) await removeCgroup(containerCgroupPath(id));
}

/** lxc-start -n ID -f DIRECTORY/ID/config.lxc; its child bears the same words until it becomes the container's program. */
function findLxcStarts(directory: string): { pid: number; id: string }[] {
  return listProcessesOfOurFiles().flatMap(({ pid, words }) => {
    const config = words.indexOf("-f") + 1;
    const [dash, id = ""] = words.slice(Math.max(0, config - 3), config - 1);
    return dash === "-n" && words[config]?.startsWith(join(directory, id, "/")) ? [{ pid, id }] : [];
  });
}

async function removeCgroup(path: string): Promise<void> {
  const cgroup = openCgroup(path);
  if (!cgroup.exists()) return;
  await cgroup.killAll();
  await cgroup.delete();
}

function unmountAll({ rootDir, runDir }: World): Iterable<string> {
  return unmountBelow([rootDir, runDir]);
}

/**
 * Our parent cgroup, if nobody else uses it, with what a container of lost state left there: cgroups without a process. An lxc-start
 * that has made one and whose init is about to join it is somebody else.
 */
function* removeEmptyCgroups(): Generator<string> {
  if (listProcesses().some(makesCgroups)) return;
  let found = false;
  for (const parent of cgroupTrees().map((root) => join(root, OUR_CGROUP))) {
    if (!existsSync(parent)) continue;
    childDirectories(parent).forEach(removeEmpty);
    found = removeEmpty(parent) || found;
  }
  if (found) yield `cgroups ${OUR_CGROUP}`;
}

const makesCgroups = ({ words }: Process) =>
  words.some((word) => /\/docker-2013\/(dockerd|lxc-start)\/main\.ts$/.test(word));

/** The daemon's names and ours; a directory of which something is left stays. */
async function* removeFiles(world: World): AsyncGenerator<string> {
  const trees = [
    { directory: world.rootDir, isOurs: (name: string) => ["images", "containers", "dockerd.log"].includes(name) },
    {
      directory: world.runDir,
      isOurs: (name: string) =>
        ["dockerd.json", "archive.json", "checked", "trace", "lxc"].includes(name) ||
        name.startsWith(basename(setUpLock(world))),
    },
  ];
  for (const { directory, isOurs } of trees) yield* removeOurs(directory, isOurs);
}
