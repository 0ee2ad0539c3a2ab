/** `era up|down|status|logs|clean 2019`. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { childDirectories } from "@eras/cgroups/cgroup-path.ts";
import { cgroupTrees } from "@eras/cgroups/detect.ts";
import { removeEmpty } from "@eras/cgroups/remove.ts";
import { type BackgroundProgram, findBackground, stopBackground } from "../background.ts";
import { withLock } from "../lock.ts";
import { listProcesses } from "../processes.ts";
import { removeAll, removeOurs, unmountBelow } from "../removal.ts";
import { setUpLock } from "../set-up.ts";
import { startAndWait } from "../start.ts";
import { logPath, program } from "../world.ts";
import { clientEnvironment, daemonAnswers } from "./ask.ts";
import { setUp2019 } from "./set-up.ts";
import { removeUnusedShared } from "./shared-run.ts";
import { dataRoot, dockerd2019, execRoot, openWorld2019, socketPath, type World2019 } from "./world.ts";

/** A daemon that stops gives each container ten seconds, and takes down what it has made. */
const GRACE_MS = 30_000;
const OURS_IN_ROOT = ["docker", "dockerd.log"];
const OURS_IN_RUN = ["docker", "docker.sock", "docker.pid", "dockerd.json", "checked"];

export async function up(): Promise<number> {
  await setUp2019(openWorld2019(), undefined);
  return status(false);
}

export function down(): number {
  const world = openWorld2019();
  const pid = stopBackground(world, dockerd2019(world), GRACE_MS);
  console.log(pid === undefined ? "dockerd was not running" : `dockerd stopped (pid ${pid})`);
  return 0;
}

export function status(asJson: boolean): number {
  const state = inspect(openWorld2019());
  console.log(asJson ? JSON.stringify(state, undefined, 2) : format(state));
  return 0;
}

/** Asks files and processes, not the daemon, so it works when that is stuck. */
function inspect(world: World2019) {
  const containers = list(join(dataRoot(world), "containers"));
  return {
    dockerd: findBackground(world, dockerd2019(world)),
    socket: `unix://${socketPath(world)}`,
    state: dataRoot(world),
    run: world.runDir,
    log: logPath(world),
    images: list(join(dataRoot(world), "image/overlay2/imagedb/content/sha256")).length,
    containers: containers.length,
    running: containers.filter((id) => isRunning(join(dataRoot(world), "containers", id))).length,
  };
}

function format({ dockerd, ...state }: ReturnType<typeof inspect>): string {
  const rows = [
    ["dockerd", `${dockerd === undefined ? "not running" : `running, pid ${dockerd}`}, ${state.socket}`],
    ["state", state.state],
    ["run", state.run],
    ["log", state.log],
    ["images", `${state.images}`],
    ["containers", `${state.containers}, of which ${state.running} running`],
  ];
  return rows.map(([name, value]) => `${name!.padEnd(12)}${value}`).join("\n");
}

const list = (directory: string) => (existsSync(directory) ? readdirSync(directory) : []);

function isRunning(directory: string): boolean {
  try {
    return JSON.parse(readFileSync(join(directory, "config.v2.json"), "utf8")).State.Running;
  } catch {
    return false; // a broken record is the daemon's to complain about
  }
}

export function logs(follow: boolean): number {
  const path = logPath(openWorld2019());
  if (!existsSync(path)) throw new Error(`Cannot show ${path}: the daemon has not been started yet`);
  const { error, status } = spawnSync("tail", ["-n", "+1", ...(follow ? ["-F"] : []), path], { stdio: "inherit" });
  if (error) throw error;
  return status ?? 0;
}

const STEPS = [stopDaemon, unmountAll, removeCgroups, removeFiles];

/**
 * Takes a world off the machine. What a daemon that was killed has left, processes, networks and mounts, another one finds and puts away:
 * so one is started, if none runs, and stopped.
 *
 * @returns 1 if something of ours had to stay.
 */
export function clean(): Promise<number> {
  const world = openWorld2019();
  const hadRunDir = existsSync(world.runDir); // the lock makes one
  return withLock(setUpLock(world), () => removeAll(world, STEPS, hadRunDir));
}

async function* stopDaemon(world: World2019): AsyncGenerator<string> {
  const daemon = dockerd2019(world);
  const wasKilled = findBackground(world, daemon) === undefined && existsSync(execRoot(world));
  if (wasKilled) await startAndWait(world, keepingAll(daemon), () => daemonAnswers(world));
  if (await daemonAnswers(world)) for (const id of removeContainers(world)) yield `container ${id}`;
  const pid = stopBackground(world, daemon, GRACE_MS);
  if (pid !== undefined && !wasKilled) yield `dockerd (pid ${pid})`;
}

/** Without it, the daemon would first stop what an earlier one has left running. */
const keepingAll = (daemon: BackgroundProgram) => ({ ...daemon, args: [...daemon.args, "--live-restore"] });

/** Kills them: to be stopped they would have ten seconds. @returns Their IDs. */
function removeContainers(world: World2019): string[] {
  const env = clientEnvironment(world);
  const docker = (...words: string[]) => execFileSync(program("docker-2019"), words, { env, encoding: "utf8" });
  const ids = docker("ps", "-aq").split("\n").filter(Boolean);
  return ids.length > 0
    ? docker("rm", "-f", "-v", ...ids)
        .split("\n")
        .filter(Boolean)
    : [];
}

function unmountAll({ rootDir, runDir }: World2019): Iterable<string> {
  return unmountBelow([rootDir, runDir]);
}

/** Those without a process. One that another daemon's runc has just made, and whose init is about to join it, looks the same. */
function* removeCgroups({ cgroup }: World2019): Generator<string> {
  if (listProcesses().some(({ words }) => words[words.indexOf("--cgroup-parent") + 1] === cgroup)) return;
  let found = false;
  for (const parent of cgroupTrees()
    .map((root) => join(root, cgroup))
    .filter(existsSync)) {
    childDirectories(parent).forEach(removeEmpty);
    found = removeEmpty(parent) || found;
  }
  if (found) yield `cgroups ${cgroup}`;
}

/** The daemon's names and ours; a directory of which something is left stays. */
async function* removeFiles(world: World2019): AsyncGenerator<string> {
  await removeUnusedShared(world.runDir);
  const isLock = (name: string) => name.startsWith(basename(setUpLock(world)));
  const trees = [
    { directory: world.rootDir, isOurs: (name: string) => OURS_IN_ROOT.includes(name) },
    { directory: world.runDir, isOurs: (name: string) => OURS_IN_RUN.includes(name) || isLock(name) },
  ];
  for (const { directory, isOurs } of trees) yield* removeOurs(directory, isOurs);
}
