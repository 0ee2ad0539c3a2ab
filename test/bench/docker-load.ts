/**
 * dockerd of 2019, with all that is below it, under load; nothing may be lost, and nothing be left:
 *
 *     create      1,000 containers created and removed
 *     run         200 containers running at the same time
 *     clients     100 clients that run a container each at the same time
 *     storm       10,000 requests, 50 at a time, while dockerd and containerd are killed again and again
 */
import { resolve } from "node:path";
import { inventory, leftSince } from "../faults/under-load/inventory.ts";
import { createAndRemove, runAtOnce, runTogether } from "../faults/under-load/many.ts";
import { storm } from "../faults/under-load/storm.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { removePlace } from "../harness/remains.ts";
import { chosen } from "./chosen.ts";
import { progress } from "./report.ts";

const CREATED = 1_000;
const RUNNING = 200;
const CLIENTS = 100;
const REQUESTS = 10_000;
const AT_ONCE = 50;
const KILLS = 40;
/** Of complaints, shown. */
const SHOWN = 20;
const DOCKER = resolve(import.meta.dirname, "../../bin/docker-2019");

const PARTS: Readonly<Record<string, (dockerd: Dockerd2019) => Promise<readonly string[]>>> = {
  create: (dockerd) => createAndRemove(dockerd, CREATED),
  run: (dockerd) => runTogether(dockerd, RUNNING),
  clients: (dockerd) => runAtOnce(dockerd, CLIENTS, DOCKER),
  storm: stormOfMany,
};

/** Does not take turns, for there is nobody to compare with. @param only - Names of parts; all if empty. */
export async function benchDockerLoad(_turns: number, _containers?: number, only?: readonly string[]): Promise<void> {
  const parts = chosen(PARTS, only);
  const dockerd = await Dockerd2019.start(["--live-restore"]);
  try {
    await dockerd.docker(["load"], busyboxImage("busybox:latest"));
    await dockerd.docker(["run", "--rm", "busybox", "true"]); // so that what is made once is there
    const before = inventory(dockerd);
    for (const [name, load] of parts) await carryOut(name, dockerd, before, load);
  } finally {
    await dockerd.end("SIGTERM");
    const left = await removePlace(dockerd.place);
    if (left.length > 0) console.log(`had to be removed:\n  ${left.join("\n  ")}`);
  }
}

async function carryOut(
  name: string,
  dockerd: Dockerd2019,
  before: ReadonlySet<string>,
  load: (dockerd: Dockerd2019) => Promise<readonly string[]>,
): Promise<void> {
  const began = performance.now();
  const complaints = [...(await load(dockerd)), ...(await leftSince(before, dockerd))];
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `${name}: ${seconds} s; ${complaints.length === 0 ? "nothing lost, nothing left" : "NOT as it should be:"}`,
  );
  for (const complaint of complaints.slice(0, SHOWN)) console.log(`  ${complaint}`);
  if (complaints.length > 0) process.exitCode = 1;
}

async function stormOfMany(dockerd: Dockerd2019): Promise<readonly string[]> {
  const onProgress = progress(REQUESTS);
  const seed = Date.now() % 1e6;
  const { complaints, unanswered } = await storm(dockerd, {
    requests: REQUESTS,
    atOnce: AT_ONCE,
    kills: KILLS,
    seed,
    onProgress,
  });
  console.log(`seed ${seed}; requests that a kill has cost their answer: ${unanswered}`);
  return complaints;
}
