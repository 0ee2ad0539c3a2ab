/** `era status`: one screen of where everything is. Asks files and processes, not the daemon, so it works when that is stuck. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { archiveServer } from "../archive.ts";
import { findBackground } from "../background.ts";
import { dockerd } from "../dockerd.ts";
import { containersDir, imageIndexPath, logPath, openWorld, type World } from "../world.ts";
import { readOptions } from "./help.ts";

export async function status(words: readonly string[]): Promise<number> {
  const options = readOptions("status", words, ["json"]);
  if (!options) return 0;
  if (process.geteuid?.() !== 0) throw new Error("Cannot show the status: only root can read the daemon's files");
  if (options.year === "2019") return (await import("../2019/commands.ts")).status(options.json ?? false);
  const state = inspect(openWorld());
  console.log(options.json ? JSON.stringify(state, undefined, 2) : format(state));
  return 0;
}

/** @returns What there is; `undefined` for a program that does not run. */
function inspect(world: World) {
  const containers = readContainers(world);
  return {
    dockerd: findBackground(world, dockerd(world)),
    rcli: world.tcp,
    http: `http://${world.http}/web`,
    archive: findBackground(world, archiveServer(world)),
    archiveAddress: `http://${world.archive}/images/`,
    state: world.rootDir,
    run: world.runDir,
    log: logPath(world),
    images: countImages(world),
    containers: containers.length,
    running: containers.filter((container) => container.State?.Running).length,
    diskBytes: diskUse(world.rootDir),
  };
}

function format(state: ReturnType<typeof inspect>): string {
  const pid = (number: number | undefined) => (number === undefined ? "not running" : `running, pid ${number}`);
  const rows = [
    ["dockerd", `${pid(state.dockerd)}, rcli ${state.rcli}, ${state.http}`],
    ["archive", `${pid(state.archive)}, ${state.archiveAddress}`],
    ["state", state.state],
    ["run", state.run],
    ["log", state.log],
    ["images", String(state.images)],
    ["containers", `${state.containers}, of which ${state.running} running`],
    ["disk", `${(state.diskBytes / 1024 ** 2).toFixed(1)} MiB`],
  ];
  return rows.map(([name, value]) => `${name!.padEnd(12)}${value}`).join("\n");
}

function readContainers(world: World): { State?: { Running?: boolean } }[] {
  return list(containersDir(world)).map((id) => readJson(join(containersDir(world), id, "config.json")) ?? {});
}

function countImages(world: World): number {
  const index = readJson<{ ById?: object }>(imageIndexPath(world));
  return Object.keys(index?.ById ?? {}).length;
}

const list = (directory: string) => (existsSync(directory) ? readdirSync(directory) : []);

/** Undefined where there is none, or a broken one: that is the daemon's to complain about. */
function readJson<T extends object>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** Of the directory's own file system: what containers show of the layers is not counted again. */
function diskUse(path: string): number {
  if (!existsSync(path)) return 0;
  return 1024 * Number.parseInt(execFileSync("du", ["-skx", path], { encoding: "utf8" }), 10);
}
