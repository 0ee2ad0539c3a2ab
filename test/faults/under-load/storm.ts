/** Requests, many at a time, while dockerd and containerd are killed again and again: what was acknowledged must be true. */
import { setTimeout as delay } from "node:timers/promises";
import type { Dockerd2019 } from "../../harness/dockerd-2019.ts";
import { engineRequest } from "../../harness/engine-request.ts";
import { processesThatName } from "../../harness/on-machine.ts";
import { random } from "../../harness/random.ts";
import { Owner } from "./owner.ts";

const CONTAINERD = "docker-2019/containerd/main.ts";
const PAUSE_MS = 20;
const REMOVAL_MS = 10_000;

export interface Storm {
  readonly requests: number;
  readonly atOnce: number;
  /** Of dockerd and containerd, in turns, spread over the requests. */
  readonly kills: number;
  /** A storm can be repeated with it, as far as the machine does the same. */
  readonly seed: number;
  /** Told how many requests have been made. */
  readonly onProgress?: (made: number) => void;
}

export interface StormReport {
  /** What was lost, or was there without being wanted; and answers that make no sense. */
  readonly complaints: readonly string[];
  /** Requests that a kill has cost their answer. */
  readonly unanswered: number;
}

/** @param dockerd - With `--live-restore`, or its kills would end containers. Its containers are removed at the end. */
export async function storm(dockerd: Dockerd2019, options: Storm): Promise<StormReport> {
  const { requests, atOnce, kills, seed, onProgress } = options;
  const next = random(seed);
  const owners = Array.from({ length: atOnce }, (_, i) => new Owner(dockerd.socket, `owner-${i}`, next));
  const killer = new Killer(dockerd);
  let made = 0;
  const work = async (owner: Owner) => {
    while (made < requests) {
      made++;
      onProgress?.(made);
      await owner.step();
      await killer.isOver;
    }
  };
  const killing = killer.killInTurns(kills, async (kill) => {
    while (made < (requests * (kill + 1)) / (kills + 1)) await delay(PAUSE_MS);
  });
  await Promise.all([...owners.map(work), killing]);
  const complaints = [
    ...owners.flatMap((owner) => owner.complaints),
    ...(await lostOrUnwanted(dockerd, owners)),
    ...(await removeAll(dockerd)),
  ];
  return { complaints, unanswered: owners.reduce((sum, { unanswered }) => sum + unanswered, 0) };
}

/** Kills dockerd and containerd. */
class Killer {
  readonly #dockerd: Dockerd2019;
  /** Pending while dockerd is away. */
  isOver: Promise<void> = Promise.resolve();

  constructor(dockerd: Dockerd2019) {
    this.#dockerd = dockerd;
  }

  async killInTurns(kills: number, due: (kill: number) => Promise<void>): Promise<void> {
    for (let kill = 0; kill < kills; kill++) {
      await due(kill);
      if (kill % 2 === 0) this.isOver = this.#killDockerd();
      else this.#killContainerd();
      await this.isOver;
    }
  }

  async #killDockerd(): Promise<void> {
    await this.#dockerd.end("SIGKILL");
    await this.#dockerd.restart();
  }

  /** dockerd starts another one. */
  #killContainerd(): void {
    const processes = processesThatName(this.#dockerd.place.dir).filter(({ command }) => command.includes(CONTAINERD));
    for (const { pid } of processes) process.kill(pid, "SIGKILL");
  }
}

interface Listed {
  readonly Id: string;
  readonly Names: readonly string[];
}

async function listAll({ socket }: Dockerd2019): Promise<Listed[]> {
  return (await engineRequest(socket, "GET", "/v1.40/containers/json?all=1")).body;
}

async function lostOrUnwanted(dockerd: Dockerd2019, owners: readonly Owner[]): Promise<string[]> {
  const listed = new Set((await listAll(dockerd)).flatMap(({ Names }) => Names.map((name) => name.slice(1))));
  const acknowledged = owners.flatMap((owner) => owner.acknowledged ?? []);
  const allowed = listed.size - owners.filter((owner) => owner.isUnsure).length;
  return [
    ...acknowledged.filter((name) => !listed.has(name)).map((name) => `lost: ${name}`),
    ...(allowed > acknowledged.length
      ? [`not wanted: ${[...listed].filter((name) => !acknowledged.includes(name))}`]
      : []),
  ];
}

/** As long as dockerd says that it can't, for its containerd has just been killed, it is asked again. @returns What it has not removed. */
async function removeAll(dockerd: Dockerd2019): Promise<string[]> {
  const deadline = performance.now() + REMOVAL_MS;
  for (;;) {
    const listed = await listAll(dockerd);
    if (listed.length === 0) return [];
    const failures: string[] = [];
    for (const { Id } of listed) {
      const { status, body } = await engineRequest(dockerd.socket, "DELETE", `/v1.40/containers/${Id}?force=1`);
      if (status !== 204) failures.push(`not removed: ${Id}: ${status} ${JSON.stringify(body)}`);
    }
    if (failures.length === 0) return (await listAll(dockerd)).map(({ Id }) => `removed, and there: ${Id}`);
    if (performance.now() > deadline) return failures;
    await delay(PAUSE_MS);
  }
}
