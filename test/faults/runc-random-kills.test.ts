/**
 * SIGKILL to the runtime, or to what it has started, at random moments of a container's life. `delete --force` has to clear away
 * whatever is there: no process, cgroup, mount or state may be left.
 */
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { childrenOf, processExists } from "@eras/linux/proc.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeBundle, plainSpec } from "../harness/bundle.ts";
import { unpackBusybox } from "../harness/busybox-image.ts";
import { Orphanage } from "../harness/orphans.ts";
import { newPlace, type Place, remains, removePlace } from "../harness/remains.ts";
import { shellEnvironment } from "../harness/run-program.ts";
import { missing, RUNTIME } from "../harness/runtime-under-test.ts";

const CYCLES = Number(process.env.ERAS_RUNTIME_KILLS ?? 60);
const AT_A_TIME = 4;

/** The life of a container. */
const COMMANDS = ["create", "start", "kill", "delete"] as const;
type Command = (typeof COMMANDS)[number];

/** Genuine runc 1.1 makes cgroups before it writes its state, and so forgets those of a `create` that was killed in between. */
const VICTIMS = COMMANDS.filter((command) => command !== "create" || process.env.ERAS_RUNTIME === undefined);

describe(`${RUNTIME.name}, killed at random,`, () => {
  const reason = missing();
  if (reason) return void test.skip(reason);

  let place: Place;
  let orphanage: Orphanage;
  beforeAll(() => {
    place = newPlace();
    orphanage = new Orphanage();
    unpackBusybox(join(place.dir, "rootfs"));
  });
  afterAll(async () => {
    await orphanage.close();
    expect(await removePlace(place)).toEqual([]);
  });

  const state = () => join(place.dir, "state");
  const bundle = (worker: number) => join(place.dir, `bundle ${worker}`);
  const pidFile = (id: string) => join(place.dir, `${id}.pid`);
  const argumentsOf = (command: Command, id: string, worker: number): string[] =>
    ({
      create: ["create", "--bundle", bundle(worker), "--pid-file", pidFile(id), id],
      start: ["start", id],
      kill: ["kill", id, "KILL"],
      delete: ["delete", id],
    })[command];

  /** Starts the runtime. What it and its container have to say goes into a file. */
  function start(log: string, args: readonly string[]) {
    const fd = openSync(log, "w");
    const options = { env: shellEnvironment(), stdio: ["ignore", fd, fd] as const };
    const child = orphanage.spawn(RUNTIME.path, ["--root", state(), ...args], {
      ...options,
      stdio: [...options.stdio],
    });
    closeSync(fd);
    return { pid: child.pid!, ended: once(child, "exit") as Promise<[status: number | null]> };
  }

  /** How long each command takes when nobody disturbs it, so that the kills fall into its time. */
  const durationMs: Record<Command, number> = { create: 0, start: 0, kill: 0, delete: 0 };

  async function liveUndisturbed(id: string, worker: number, commands: readonly Command[] = COMMANDS): Promise<void> {
    const log = join(place.dir, `${id}.log`);
    for (const command of commands) {
      const before = performance.now();
      const [status] = await start(log, argumentsOf(command, id, worker)).ended;
      durationMs[command] = performance.now() - before;
      if (status !== 0) throw new Error(`${command} ended with ${status}: ${readFileSync(log, "utf8")}`);
      if (command === "kill") while (processExists(Number(readFileSync(pidFile(id), "utf8")))) await delay(1);
    }
  }

  /** Lives a container's life up to `last`, which is killed after a while. @returns Whether it was hit. */
  async function liveUntil(last: Command, id: string, worker: number): Promise<boolean> {
    await liveUndisturbed(id, worker, COMMANDS.slice(0, COMMANDS.indexOf(last)));
    const attacked = start(join(place.dir, `${id}.log`), argumentsOf(last, id, worker));
    await delay(Math.random() * durationMs[last]); // the random moment itself
    const hit = killOne([attacked.pid, ...childrenOf(attacked.pid)]);
    await attacked.ended;
    return hit;
  }

  test(`leaves nothing behind after ${CYCLES} lives and delete --force`, async () => {
    const hits: Record<Command, number> = { create: 0, start: 0, kill: 0, delete: 0 };
    let begun = 0;
    async function work(_: unknown, worker: number): Promise<void> {
      const cgroupsPath = `/${place.cgroupParent}/${worker}`;
      const spec = plainSpec();
      const sleeping = { ...spec.process!, args: ["sleep", "1000"] };
      makeBundle(bundle(worker), join(place.dir, "rootfs"), {
        ...spec,
        process: sleeping,
        linux: { ...spec.linux, cgroupsPath },
      });
      await liveUndisturbed(`undisturbed-${worker}`, worker);
      while (begun < CYCLES) {
        const victim = VICTIMS[begun++ % VICTIMS.length]!;
        const id = `life-${begun}`;
        if (await liveUntil(victim, id, worker)) hits[victim]++;
        const log = join(place.dir, `${id}.deletion.log`); // its own: an orphan may still be writing into the other
        const [status] = await start(log, ["delete", "--force", id]).ended;
        expect(status, `delete --force after ${victim}: ${readFileSync(log, "utf8")}`).toBe(0);
        const left = remains(place).filter((what) => what.startsWith("cgroup") && what.endsWith(`/${worker}`));
        expect(left, `after ${victim}`).toEqual([]);
      }
    }
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    console.log("hits", hits);
    expect(readdirSync(state())).toEqual([]);
    expect(orphanage.pids.map(commandLine)).toEqual([]);
    for (const victim of VICTIMS) expect(hits[victim], victim).toBeGreaterThan(0);
  }, 900_000);
});

/** @returns Whether the one that was picked was alive. */
function killOne(pids: readonly number[]): boolean {
  const pid = pids[Math.floor(Math.random() * pids.length)]!;
  const alive = processExists(pid);
  if (alive) process.kill(pid, "SIGKILL");
  return alive;
}

const commandLine = (pid: number) => `${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`;
