/**
 * Misfortunes of a pull, through the whole chain: our ctr asks a registry and stores into our containerd, and either the registry
 * misbehaves or there is nowhere to store. Whoever typed the command reads one line that says what is wrong; nothing is left of the
 * attempt; and when the trouble is over, the same command succeeds.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { Images } from "@eras/docker-2019/proto/gen/images_pb.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { MS_RDONLY, MS_REMOUNT, mount, umount } from "@eras/linux/mount.ts";
import { MemoryStore } from "@eras/registry-client/image-fixtures.ts";
import { MisbehavingRegistry, type Misbehaviour } from "@eras/registry-client/misbehaving-registry.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CONTAINERD, Containerd2019 } from "../harness/containerd-2019.ts";
import { allStored, layerDirectories, stackOf, storedIn } from "../harness/containerd-stores.ts";
import { CTR } from "../harness/ctr-session.ts";
import { Ext4Disk, hasLoopDevices } from "../harness/ext4-disk.ts";
import { layeredImage } from "../harness/layered-image.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { type ProgramResult, runProgram, shellEnvironment } from "../harness/run-program.ts";

const MIB = 1 << 20;

const store = new MemoryStore();
const image = layeredImage(store, [2 * MIB, MIB]);
const otherStore = new MemoryStore();
const otherImage = layeredImage(otherStore, [MIB]);
const layer = image.parts.at(-2)!;
const bytes = store.blobs.get(layer.digest)!;

let place: Place;
let registry: MisbehavingRegistry;
let containerd: Containerd2019;
beforeAll(async () => {
  place = newPlace();
  registry = await MisbehavingRegistry.start(store, image.manifest);
});
afterAll(async () => {
  await registry.stop();
  expect(await removePlace(place)).toEqual([]);
});

const reference = () => `${registry.domain}/web:1`;

function pullArguments(...globals: string[]): string[] {
  return [...containerd.address, ...globals, "images", "pull", "--plain-http", reference()];
}

function pull(...globals: string[]): Promise<ProgramResult> {
  return runProgram(CTR, pullArguments(...globals));
}

function ctr(...args: string[]): Promise<ProgramResult> {
  return runProgram(CTR, [...containerd.address, ...args]);
}

function pullFrom({ domain }: MisbehavingRegistry): Promise<ProgramResult> {
  return ctr("images", "pull", "--plain-http", `${domain}/web:1`);
}

/** Expects one line on stderr, exit code 1, and no trace in the stores once garbage has been collected. */
async function expectFailure(attempt: Promise<ProgramResult>, message: RegExp): Promise<void> {
  const { stderr, status } = await attempt;
  expect(stderr).toMatch(/^ctr: [^\n]*\n$/);
  expect(stderr).toMatch(message);
  expect(status).toBe(1);
  await expectNothingStored();
}

/** Once garbage has been collected, which takes a moment. */
function expectNothingStored(): Promise<void> {
  return expect.poll(() => allStored(containerd), { timeout: 10_000 }).toEqual([]);
}

/** Expects that the trouble is over; and takes away what has come. */
async function expectSuccess(): Promise<void> {
  registry.does(() => false);
  expect(await pull()).toMatchObject({ stderr: "", status: 0 });
  const stored = await storedIn(containerd);
  expect(stored.images).toEqual([reference()]);
  expect(await layerDirectories(containerd, stackOf(stored.snapshots).at(-1)!)).toHaveLength(3);
  await containerd.client(Images).delete({ name: reference(), sync: true });
  expect(await allStored(containerd)).toEqual([]);
}

describe("a registry that", () => {
  beforeAll(async () => {
    containerd = await Containerd2019.start(place.dir);
  });
  afterAll(() => containerd.stop());

  /** Misbehaves towards a GET of one layer, and only the first `times`. */
  function withLayer(answer: (response: ServerResponse, from: number) => void, times = Infinity): Misbehaviour {
    let left = times;
    return ({ method, url, headers }, response) => {
      if (method !== "GET" || !url!.endsWith(layer.digest) || left-- <= 0) return false;
      answer(response, Number(/\d+/.exec(headers.range ?? "")?.[0] ?? 0));
      return true;
    };
  }

  /** Misbehaves towards every request, the first `times`. */
  function towardsAll(answer: (response: ServerResponse) => void, times = Infinity): Misbehaviour {
    let left = times;
    return (_, response) => {
      if (left-- <= 0) return false;
      answer(response);
      return true;
    };
  }

  /** Sends a part of what it announces. */
  function sendPart(response: ServerResponse, from: number, count: number): void {
    const range = from > 0 && { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(range ? 206 : 200, { "content-length": bytes.length - from, ...range });
    response.write(bytes.subarray(from, from + count));
  }

  const dropAfter = (count: number) => (response: ServerResponse, from: number) => {
    sendPart(response, from, count);
    setTimeout(() => response.destroy(), 20);
  };
  const refuse = (status: number, retryAfter: string) => (response: ServerResponse) => {
    const words = { errors: [{ code: "TOOMANYREQUESTS", message: "out of patience" }] };
    response.writeHead(status, { "retry-after": retryAfter }).end(JSON.stringify(words));
  };

  const failures: [what: string, misbehave: Misbehaviour, message: RegExp][] = [
    [
      "announces another length of a layer",
      withLayer((response) => response.writeHead(200, { "content-length": 5 }).end("short")),
      /it has \d+ bytes, and the registry sends 5 bytes/,
    ],
    [
      "sends more of a layer than there is",
      withLayer((response) => response.writeHead(200).end(Buffer.concat([bytes, bytes]))),
      /the registry sends more than \d+ bytes/,
    ],
    [
      "sends less of a layer than there is",
      withLayer((response) => response.writeHead(200).end()),
      /it ended after 0 of \d+ bytes/,
    ],
    [
      "sends another layer than it should",
      withLayer((response) => response.writeHead(200).end(Buffer.alloc(bytes.length))),
      new RegExp(`unexpected commit digest sha256:\\w+, expected ${layer.digest}`),
    ],
    [
      "sends another manifest than it should",
      ({ method, url }, response) => {
        if (method !== "GET" || !url!.includes("manifests")) return false;
        response.writeHead(200, { "content-type": image.manifest.mediaType }).end("{}");
        return true;
      },
      new RegExp(`Cannot accept content as "${image.manifest.digest}"`),
    ],
    [
      "answers 500 whenever it is asked for a layer",
      withLayer(refuse(500, "0")),
      /Cannot GET http.*: 500 TOOMANYREQUESTS: out of patience/,
    ],
    [
      "wants to be left alone for an hour",
      towardsAll(refuse(429, "3600")),
      /failed to resolve reference "127.*": Cannot GET http.*: 429/,
    ],
    [
      "drops the line whenever a layer is asked for",
      withLayer(dropAfter(0)),
      /Cannot GET http.*: (socket hang up|aborted)/,
    ],
  ];
  for (const [what, misbehave, message] of failures) {
    test(what, async () => {
      registry.does(misbehave);
      await expectFailure(pull(), message);
      await expectSuccess();
    });
  }

  test("stalls in the middle of a layer is not waited for longer than was said", async () => {
    registry.does(withLayer((response, from) => sendPart(response, from, 100_000)));
    await expectFailure(pull("--timeout", "2s"), /context deadline exceeded/);
    await expectSuccess();
  });

  test("stalls is left at Ctrl-C, which leaves nothing behind either", async () => {
    const { promise: stalled, resolve } = Promise.withResolvers<void>();
    registry.does(withLayer(() => resolve()));
    const ctr = spawn(CTR, pullArguments(), { stdio: "ignore", env: shellEnvironment() });
    await stalled;
    ctr.kill("SIGINT");
    expect(await once(ctr, "exit")).toEqual([130, null]);
    await expectNothingStored();
    await expectSuccess();
  });

  test("isn't there any more is told by its address", async () => {
    const gone = await MisbehavingRegistry.start(store, image.manifest);
    const name = `${gone.domain}/web:1`;
    await gone.stop();
    const attempt = runProgram(CTR, [...containerd.address, "images", "pull", "--plain-http", name]);
    await expectFailure(attempt, new RegExp(`failed to resolve reference "${name}": .*ECONNREFUSED`));
  });

  const passing: [what: string, misbehave: Misbehaviour][] = [
    ["answers 429 twice", towardsAll(refuse(429, "0"), 2)],
    ["answers 500 twice", towardsAll(refuse(500, "0"), 2)],
    ["drops the line several times", withLayer(dropAfter(300_000), 4)],
  ];
  for (const [what, misbehave] of passing) {
    test(`${what} is asked again`, async () => {
      registry.does(misbehave);
      expect(await pull()).toMatchObject({ stderr: "", status: 0 });
      if (what.startsWith("drops")) expect(registry.asked).toContain(`GET blobs/${layer.digest} bytes=1200000-`);
      await containerd.client(Images).delete({ name: reference(), sync: true });
      expect(await allStored(containerd)).toEqual([]);
    });
  }
});

describe("a disk that", () => {
  let dir: string;
  let count = 0;
  beforeEach(() => {
    dir = join(place.dir, `disk-${++count}`);
    mkdirSync(dir);
    registry.does(() => false);
  });

  const root = () => join(dir, "root");

  /** Runs containerd on a root that has room for so much, and does something there. */
  async function withRoom(bytes: number, act: () => Promise<void>): Promise<void> {
    mkdirSync(root());
    mount("tmpfs", root(), "tmpfs", 0, `size=${bytes}`);
    try {
      containerd = await Containerd2019.start(dir);
      await act().finally(() => containerd.stop());
    } finally {
      umount(root());
    }
  }

  function makeRoom(bytes: number): void {
    mount(null, root(), null, MS_REMOUNT, `size=${bytes}`);
  }

  test("is full before all has been fetched is told of, keeps nothing, and is used again when there is room", () =>
    withRoom(3 * MIB, async () => {
      await expectFailure(pull(), /Cannot write ingest .*: ENOSPC: no space left on device/);
      makeRoom(30 * MIB);
      await expectSuccess();
    }));

  test("is full before all is unpacked is told of, keeps nothing, and is used again when there is room", () =>
    withRoom(9 * MIB, async () => {
      const small = new MemoryStore(); // compressed
      const other = await MisbehavingRegistry.start(
        small,
        layeredImage(small, [15 * MIB], (bytes) => Buffer.alloc(bytes, "x")).manifest,
      );
      await expectFailure(pullFrom(other), /Cannot unpack "large-1": ENOSPC: no space left on device/);
      makeRoom(30 * MIB);
      expect(await pullFrom(other)).toMatchObject({ stderr: "", status: 0 });
      await other.stop();
    }));

  test("is full to the last byte takes no more, lists what it has, and lets images be removed", () =>
    withRoom(20 * MIB, async () => {
      expect(await pull()).toMatchObject({ stderr: "", status: 0 });
      fill(join(root(), "ballast"));
      const other = await MisbehavingRegistry.start(otherStore, otherImage.manifest);
      const { stderr, status } = await pullFrom(other);
      await other.stop();
      expect({ stderr, status }).toEqual({
        stderr: expect.stringMatching(/^ctr: [^\n]*ENOSPC: no space left on device[^\n]*\n$/),
        status: 1,
      });
      expect((await ctr("images", "ls", "-q")).stdout).toBe(`${reference()}\n`);
      expect(await ctr("images", "rm", "--sync", reference())).toMatchObject({ stderr: "", status: 0 });
      await expectNothingStored();
      rmSync(join(root(), "ballast"));
      await expectSuccess();
    }));

  test.each(["root", "state"])("is read-only is no place for containerd's %s, which is said at once", async (kind) => {
    const path = join(dir, kind);
    mkdirSync(path);
    mount("tmpfs", path, "tmpfs", MS_RDONLY, "");
    try {
      const places = ["root", "state"].flatMap((one) => [`--${one}`, join(dir, one)]);
      const { stderr, status } = await runProgram(CONTAINERD, [...places, "--address", join(dir, "containerd.sock")]);
      const lines = stderr.split("\n").filter((line) => line !== "" && !line.includes("level=info"));
      expect(lines).toEqual([
        expect.stringMatching(`^containerd: Cannot use ${path} for its ${kind}: EROFS: read-only file system`),
      ]);
      expect(status).toBe(1);
    } finally {
      umount(path);
    }
  });

  test.skipIf(!hasLoopDevices)(
    "becomes read-only is told of by each call that would write; all others are served",
    async () => {
      const disk = new Ext4Disk();
      containerd = await Containerd2019.start(disk.path);
      try {
        expect(await pull()).toMatchObject({ stderr: "", status: 0 });
        disk.becomeReadOnly();
        const { stderr, status } = await pull();
        expect({ stderr, status }).toEqual({
          stderr: expect.stringMatching(/^ctr: Cannot write [^\n]*metadata.mdb: EROFS: Read-only file system\n$/),
          status: 1,
        });
        expect(await ctr("images", "ls", "-q")).toMatchObject({ stdout: `${reference()}\n`, stderr: "", status: 0 });
        expect((await ctr("content", "get", image.manifest.digest)).stdout).toBe(
          store.blobs.get(image.manifest.digest)!.toString(),
        );
        expect((await ctr("images", "rm", reference())).stderr).toMatch(/EROFS/);
        await containerd.kill();
        disk.repair();
        await containerd.restart();
        await containerd.client(Images).delete({ name: reference(), sync: true });
        await expectNothingStored();
        await expectSuccess();
      } finally {
        await containerd.stop();
        disk.remove();
      }
    },
  );
});

/** Leaves not a byte. */
function fill(path: string): void {
  for (const bytes of [MIB, 1]) {
    try {
      for (;;) appendFileSync(path, Buffer.alloc(bytes));
    } catch (error) {
      if (!isErrno(error, "ENOSPC")) throw error;
    }
  }
}
