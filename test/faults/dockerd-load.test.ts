/** dockerd under load, in small: `pnpm bench docker-load` has the same with a thousand containers and ten thousand requests. */
import { join } from "node:path";
import { MNT_DETACH, MS_BIND, MS_RDONLY, MS_REMOUNT, mount, umount } from "@eras/linux/mount.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { engineRequest } from "../harness/engine-request.ts";
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

test("a creation that fails leaves nothing, and holds no volume", async () => {
  const volume = (Target: string, more: object = {}) => ({ Type: "volume", Target, ...more });
  const lacking = volume("/c", { VolumeOptions: { DriverConfig: { Name: "nosuch" } } });
  const Mounts = [volume("/a"), volume("/b", { Source: "kept" }), lacking];
  const request = { Image: "busybox", HostConfig: { Mounts } };
  const { body } = await engineRequest(dockerd.socket, "POST", "/v1.40/containers/create", request);
  expect(body.message).toContain('plugin "nosuch" not found');
  expect(await dockerd.docker(["volume", "rm", "kept"])).toMatchObject({ status: 0 });
  expect(await leftSince(before, dockerd)).toEqual([]);
});

test("a container whose record can't be written keeps its name, and its end is told", async () => {
  const id = (await dockerd.docker(["run", "-d", "--name", "stuck", "busybox", "sleep", "1000"])).stdout.trim();
  const dir = join(dockerd.place.dir, "data/containers", id);
  mount(dir, dir, null, MS_BIND, null);
  mount(null, dir, null, MS_BIND | MS_REMOUNT | MS_RDONLY, null);
  try {
    expect((await dockerd.docker(["rename", "stuck", "other"])).stderr).toContain("read-only file system");
    expect(await dockerd.docker(["kill", "stuck"])).toMatchObject({ stdout: "stuck\n", status: 0 });
    const filters = encodeURIComponent(JSON.stringify({ container: [id], event: ["die"] }));
    const until = Date.now() / 1000;
    const { body } = await engineRequest(
      dockerd.socket,
      "GET",
      `/v1.40/events?since=0&until=${until}&filters=${filters}`,
    );
    expect(body).toMatchObject({ Action: "die", Actor: { Attributes: { exitCode: "137", name: "stuck" } } });
  } finally {
    umount(dir, MNT_DETACH);
  }
  expect(await dockerd.docker(["rm", "stuck"])).toMatchObject({ status: 0 });
  expect(await leftSince(before, dockerd)).toEqual([]);
});

describe("a container that two clients ask for at the same time", () => {
  const V = "/v1.40/containers";
  const ask = (method: string, path: string, body?: object) => engineRequest(dockerd.socket, method, V + path, body);
  const create = (name: string) => ask("POST", `/create?name=${name}`, { Image: "busybox", Cmd: ["sleep", "1000"] });
  const isRunning = async (name: string) => (await ask("GET", `/${name}/json`)).body.State?.Running;

  /** Both at once. @returns Their statuses. */
  const both = async (one: [string, string], other: [string, string]) =>
    (await Promise.all([ask(...one), ask(...other)])).map(({ status }) => status);

  test("is restarted twice", async () => {
    await create("twice");
    expect(await both(["POST", "/twice/restart?t=0"], ["POST", "/twice/restart?t=0"])).toEqual([204, 204]);
    expect(await both(["POST", "/twice/restart?t=0"], ["POST", "/twice/restart?t=0"])).toEqual([204, 204]);
    expect(await isRunning("twice")).toBe(true);
    await ask("DELETE", "/twice?force=1");
    expect(await leftSince(before, dockerd)).toEqual([]);
  });

  test("is started and removed, in one order or in the other", async () => {
    await create("removed");
    const statuses = await both(["POST", "/removed/start"], ["DELETE", "/removed"]);
    expect([
      [204, 409],
      [409, 204],
      [404, 204],
    ]).toContainEqual(statuses);
    expect(await isRunning("removed")).toBe(statuses[0] === 204 || undefined);
    await ask("DELETE", "/removed?force=1");
    expect(await leftSince(before, dockerd)).toEqual([]);
  });

  test("is started and stopped, in one order or in the other", async () => {
    await create("stopped");
    const statuses = await both(["POST", "/stopped/start"], ["POST", "/stopped/stop?t=0"]);
    expect([
      [204, 204],
      [204, 304],
    ]).toContainEqual(statuses);
    expect(await isRunning("stopped")).toBe(statuses[1] === 304);
    await ask("DELETE", "/stopped?force=1");
    expect(await leftSince(before, dockerd)).toEqual([]);
  });
});

test(`200 requests, 10 at a time, and 4 kills lose nothing and leave nothing (seed ${SEED})`, async () => {
  const { complaints } = await storm(dockerd, { requests: 200, atOnce: 10, kills: 4, seed: SEED });
  expect(complaints).toEqual([]);
  expect(await leftSince(before, dockerd)).toEqual([]);
}, 60_000);
