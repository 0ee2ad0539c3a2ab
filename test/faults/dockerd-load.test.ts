/** dockerd under load, in small: `pnpm bench docker-load` has the same with a thousand containers and ten thousand requests. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { inventory, leftSince } from "./under-load/inventory.ts";
import { createAndRemove, runAtOnce, runTogether } from "./under-load/many.ts";
import { storm } from "./under-load/storm.ts";

const DOCKER = "/usr/bin/docker";
const SEED = Number(process.env.ERAS_SEED ?? Date.now() % 1e6);

let dockerd: Dockerd2019;
let before: Set<string>;
beforeAll(async () => {
  dockerd = await Dockerd2019.start(["--live-restore"]);
  await dockerd.docker(["load"], busyboxImage("busybox:latest"));
  await dockerd.docker(["run", "--rm", "busybox", "true"]); // so that what is made once is there
  before = inventory(dockerd);
});
afterAll(() => dockerd.stop());

test("40 containers are made and removed, and nothing of them is left", async () => {
  expect(await createAndRemove(dockerd, 40)).toEqual([]);
  expect(await leftSince(before, dockerd)).toEqual([]);
});

test("10 containers run together, and nothing of them is left", async () => {
  expect(await runTogether(dockerd, 10)).toEqual([]);
  expect(await leftSince(before, dockerd)).toEqual([]);
});

test("10 clients run a container each at the same time", async () => {
  expect(await runAtOnce(dockerd, 10, DOCKER)).toEqual([]);
  expect(await leftSince(before, dockerd)).toEqual([]);
});

test(`200 requests, 10 at a time, and 4 kills lose nothing and leave nothing (seed ${SEED})`, async () => {
  const { complaints } = await storm(dockerd, { requests: 200, atOnce: 10, kills: 4, seed: SEED });
  expect(complaints).toEqual([]);
  expect(await leftSince(before, dockerd)).toEqual([]);
}, 60_000);
