/**
 * SIGKILL to dockerd, and to its containerd, at random moments of busy lives. What was acknowledged is there afterwards, containers run on or were
 * stopped, as configured, and when all are removed nothing is left on the machine.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { childrenOf } from "@eras/linux/proc.ts";
import { describe, expect, test, vi } from "vitest";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { processesThatName, told } from "../harness/on-machine.ts";
import { random } from "../harness/random.ts";
import { BusyClient } from "./dockerd-killed/busy-client.ts";
import { Ledger, Refused } from "./dockerd-killed/ledger.ts";

const KILLS = Number(process.env.ERAS_KILLS ?? 8);
/** Of what is killed when; a failing run can be repeated with it. */
const SEED = Number(process.env.ERAS_SEED ?? Date.now() % 1e6);
const LONGEST_LIFE_MS = 900;
const CLIENTS = ["a", "b", "c"];
const ROUND_MS = 30_000;

describe.each([
  { how: "running containers run on (--live-restore)", flags: ["--live-restore"], kills: KILLS },
  { how: "running containers are stopped", flags: [], kills: Math.ceil(KILLS / 3) },
])("dockerd, killed: $how", ({ flags, kills }) => {
  test(`what it acknowledged outlives ${kills} kills (seed ${SEED})`, {
    timeout: kills * ROUND_MS + 60_000,
  }, async () => {
    const dockerd = await Dockerd2019.start(flags);
    const next = random(SEED);
    const ledger = new Ledger(dockerd.socket);
    const clients = CLIENTS.map((name) => new BusyClient(ledger, name, next));
    const hits = { dockerd: 0, containerd: 0 };
    try {
      await dockerd.docker(["load", "-q"], busyboxImage("busybox:latest"));
      for (let kill = 1; kill <= kills; kill++) {
        const victim = flags.length > 0 && next() < 0.35 ? "containerd" : "dockerd";
        hits[victim]++;
        const stop = new AbortController();
        const works = clients.map((client) => client.work(stop.signal));
        await delay(next() * LONGEST_LIFE_MS); // the random moment itself
        if (victim === "dockerd") await killDockerd(dockerd, works);
        else await killContainerd(dockerd, works, stop);
        await ledger.compare(victim === "containerd" || flags.length > 0).catch((cause) => {
          throw new Error(
            `after kill ${kill}, of ${victim}, seed ${SEED}: ${cause.message}\n${dockerd.log.slice(-3000)}`,
            { cause },
          );
        });
      }
      await removeAll(ledger);
      expect(remainsOf(dockerd)).toEqual([]);
      await vi.waitFor(() => expect(shimsOf(dockerd)).toEqual([]), { timeout: ROUND_MS }); // they answer first, and end then
    } finally {
      console.log("hits", hits, "containers", ledger.containers.length, "images", ledger.images.size);
      await dockerd.stop();
    }
  });
});

/** Nothing but the kill may have ended the clients' work. */
async function killDockerd(dockerd: Dockerd2019, works: readonly Promise<Error | undefined>[]): Promise<void> {
  await dockerd.end("SIGKILL");
  const refusals = (await Promise.all(works)).filter((error) => error instanceof Refused);
  await dockerd.restart();
  expect(refusals).toEqual([]);
}

/** What was asked of a containerd that has just gone, dockerd refuses; soon it doesn't. */
async function killContainerd(
  dockerd: Dockerd2019,
  works: readonly Promise<Error | undefined>[],
  stop: AbortController,
): Promise<void> {
  const containerd = () => childrenOf(dockerd.pid).find((pid) => existsSync(`/proc/${pid}/exe`));
  const before = containerd()!;
  process.kill(before, "SIGKILL");
  stop.abort();
  await Promise.all(works);
  await vi.waitFor(async () => expect((await dockerd.docker(["run", "--rm", "busybox", "true"])).status).toBe(0), {
    timeout: ROUND_MS,
  });
  expect(containerd()).not.toBe(before);
}

async function removeAll(ledger: Ledger): Promise<void> {
  const there = ledger.containers.filter(({ isThere }) => isThere);
  for (const { volume } of there)
    await expect(ledger.request("DELETE", `/volumes/${volume}`)).rejects.toThrow("volume is in use");
  const running = there.filter(({ isRunning }) => isRunning);
  for (const { id } of running.slice(0, 3)) {
    const { Id } = await ledger.request("POST", `/containers/${id}/exec`, { Cmd: ["true"] });
    await ledger.request("POST", `/exec/${Id}/start`, { Detach: true });
  }
  for (const { id } of there) await ledger.request("DELETE", `/containers/${id}?force=1`);
  for (const [name] of [...ledger.images].filter(([, isThere]) => isThere))
    await ledger.request("DELETE", `/images/${name}`);
  for (const [name] of [...ledger.volumes].filter(([, isThere]) => isThere))
    await ledger.request("DELETE", `/volumes/${name}`);
}

/** Of containers, volumes and their networks, in dockerd's directories. */
function shimsOf({ place: { dir } }: Dockerd2019): string[] {
  return processesThatName(dir)
    .map(told)
    .filter((process) => process.includes("/shim/main.ts"));
}

function remainsOf({ place: { dir } }: Dockerd2019): string[] {
  const empty = ["data/containers", "data/image/overlay2/layerdb/mounts", "data/volumes", "exec/netns"];
  const files = empty.flatMap((path) => readdirSync(join(dir, path)).map((name) => `${path}/${name}`));
  const pipes = readdirSync(join(dir, "exec/containerd")).filter((name) => /^[0-9a-f]{64}$/.test(name));
  return [...files, ...pipes];
}
