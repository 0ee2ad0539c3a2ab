/**
 * SIGKILL to the client, the daemon, lxc-start and the init at random moments of a container's life. After the daemon is back and
 * the containers are removed, nothing may be left on the machine, and nothing acknowledged may be lost.
 */

import { childrenOf } from "@eras/linux/proc.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Docker2013 } from "../harness/docker-2013.ts";
import { leftovers } from "../harness/leftovers.ts";
import { random } from "../harness/random.ts";

const KILLS = Number(process.env.ERAS_KILLS ?? 200);
const SEED = Number(process.env.ERAS_SEED ?? Date.now() % 1e6);
const LONGEST_DELAY_MS = 250;

let docker: Docker2013;
let image: string;
beforeAll(async () => {
  docker = await Docker2013.start();
  image = await docker.putBusybox();
});
afterAll(() => docker.stop());

const VICTIMS = ["docker", "dockerd", "lxc-start", "init"] as const;

test(`${KILLS} kills leave nothing behind and lose nothing acknowledged (seed ${SEED})`, async () => {
  const next = random(SEED);
  const hits = { docker: 0, dockerd: 0, "lxc-start": 0, init: 0 };
  const killed = () => Object.values(hits).reduce((sum, count) => sum + count);
  while (killed() < KILLS) {
    const victim = VICTIMS[Math.floor(next() * VICTIMS.length)]!;
    const acknowledged = await liveAndDie(victim, next() * LONGEST_DELAY_MS, next() < 0.5, hits);
    const context = `after kill ${killed()}, aimed at ${victim}, seed ${SEED}`;
    expect(await lines(["images", "-q"]), context).toContain(image);
    const containers = await lines(["ps", "-a", "-q"]);
    if (acknowledged) expect(containers, context).toContain(acknowledged);
    await docker.docker(["rm", ...containers]);
    expect(await lines(["ps", "-a", "-q"]), context).toEqual([]);
    expect(leftovers(docker.root, { daemonPid: docker.pid, containers }), context).toEqual([]);
  }
  console.log("hits", hits);
  for (const victim of VICTIMS) expect(hits[victim], victim).toBeGreaterThan(0);
}, 900_000);

/** Runs a container and kills one of its four processes after `delayMs`. @returns The container's id, if the client was told one. */
async function liveAndDie(
  victim: (typeof VICTIMS)[number],
  delayMs: number,
  attached: boolean,
  hits: Record<(typeof VICTIMS)[number], number>,
): Promise<string | undefined> {
  const client = docker.startClient([
    "run",
    ...(attached ? ["-a"] : []),
    "busybox",
    "/bin/sh",
    "-c",
    "echo up; sleep 0.1",
  ]);
  client.stdin!.end();
  let output = "";
  client.stdout!.on("data", (bytes) => (output += bytes));
  const ended = new Promise((resolve) => client.on("close", resolve));
  await new Promise((resolve) => setTimeout(resolve, delayMs)); // the random moment itself
  const pid = pidOf(victim, client.pid!);
  if (pid !== undefined && tryKill(pid)) hits[victim]++;
  await ended;
  if (victim === "dockerd") await restart();
  return /^[0-9a-f]{8}$/m.exec(output)?.[0];
}

function pidOf(victim: (typeof VICTIMS)[number], clientPid: number): number | undefined {
  if (victim === "docker") return clientPid;
  if (victim === "dockerd") return docker.pid;
  const lxcStart = childrenOf(docker.pid)[0];
  if (victim === "lxc-start" || lxcStart === undefined) return lxcStart;
  return childrenOf(lxcStart)[0];
}

function tryKill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false; // it had ended by itself
  }
}

async function restart(): Promise<void> {
  await docker.endDaemon("SIGKILL");
  await docker.startDaemon();
}

async function lines(args: string[]): Promise<string[]> {
  const { stdout } = await docker.docker(args);
  return stdout.split("\n").filter(Boolean);
}
