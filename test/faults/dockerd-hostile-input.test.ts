/**
 * Clients of dockerd that mean no good, or have died: it answers everybody else meanwhile, and when they have gone, it has as many descriptors as
 * before, and keeps no memory for them. What it says to them is compared in interop/dockerd-requests.test.ts.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Dockerd2019 } from "../harness/dockerd-2019.ts";
import { engineRequest } from "../harness/engine-request.ts";
import { pssKib } from "../harness/memory.ts";
import { requestText, sendRaw } from "../harness/raw-request.ts";

const MIB = 1 << 20;
const START_MS = 60_000;
const CASE_MS = 60_000;
const WAIT = { timeout: 30_000, interval: 100 };
/** What a heap may keep of a storm until it is next collected. */
const MEMORY_KEPT_KIB = 48 << 10;
const UPGRADE = "Connection: Upgrade\r\nUpgrade: tcp";
const V = "/v1.40";

function isInotify(descriptor: string): boolean {
  try {
    return readlinkSync(descriptor) === "anon_inode:inotify";
  } catch {
    return false; // it is closed just now
  }
}

describe("dockerd", { timeout: CASE_MS }, () => {
  let dockerd: Dockerd2019;
  let sockets: Socket[];
  let memoryKib: number;
  let descriptors: number;
  beforeAll(async () => {
    dockerd = await Dockerd2019.start();
    await dockerd.docker(["load", "-q"], busyboxImage("busybox:latest"));
    const talk = "while :; do dd if=/dev/zero bs=64k count=16 2>/dev/null | tr '\\0' '\\n'; sleep 0.01; done";
    const logs = ["--log-opt", "max-size=1m"];
    await dockerd.docker(["run", "-d", "--name", "loud", ...logs, "busybox", "sh", "-c", talk]);
    await dockerd.docker(["run", "-d", "-i", "--name", "quiet", "busybox", "cat"]);
    await expectAnswer();
    memoryKib = pssKib(dockerd.pid);
    descriptors = countDescriptors();
  }, START_MS);
  beforeEach(() => {
    sockets = [];
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await expectAnswer();
    await vi.waitFor(() => expect(countDescriptors()).toBeLessThanOrEqual(descriptors), WAIT);
  });
  afterAll(async () => {
    await dockerd.stop();
  }, START_MS);

  /** Without the one by which Node watches files: it comes with the first that is watched, and stays. */
  const countDescriptors = () => {
    const dir = `/proc/${dockerd.pid}/fd`;
    return readdirSync(dir).filter((fd) => !isInotify(join(dir, fd))).length;
  };

  /** Of all that an everyday client asks. */
  async function expectAnswer(): Promise<void> {
    expect(await engineRequest(dockerd.socket, "GET", `${V}/containers/json`)).toMatchObject({ status: 200 });
    const { body } = await engineRequest(dockerd.socket, "POST", `${V}/containers/quiet/exec`, { Cmd: ["true"] });
    expect(await engineRequest(dockerd.socket, "POST", `${V}/exec/${body.Id}/start`, { Detach: true })).toMatchObject({
      status: 200,
    });
  }

  /** A connection on which something was sent, and nothing is read. */
  function open(text: string | Buffer): Promise<Socket> {
    const socket = connect({ path: dockerd.socket, allowHalfOpen: true });
    sockets.push(socket.on("error", () => {}));
    return new Promise((resolve) => {
      socket.once("connect", () => socket.write(text, () => resolve(socket))).once("error", () => resolve(socket));
    });
  }

  const many = <T>(count: number, make: (i: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, i) => make(i)));

  test("survives 100 random messages", async () => {
    const line = fc.tuple(fc.constantFrom("GET", "POST", "PUT", "DELETE"), fc.webPath(), fc.webQueryParameters());
    const route = fc.constantFrom(
      "containers/quiet/",
      "containers/",
      "images/",
      "volumes/",
      "exec/",
      "events?until=1&",
    );
    const request = fc.tuple(line, route, fc.json()).map(([[method, path, query], place, body]) => {
      const isHarmful = method === "DELETE" || /kill|stop|restart|prune/.test(path);
      return requestText(`${isHarmful ? "GET" : method} ${V}/${place}${path}?${query}`, body);
    });
    const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
    await fc.assert(
      fc.asyncProperty(fc.oneof(request, bytes), async (message) => {
        await sendRaw(dockerd.socket, message);
      }),
      { numRuns: 100 },
    );
  });

  test("waits for heads that never end, and for bodies, and others don't", async () => {
    await many(200, () => open("GET /_ping HTTP/1.1\r\nHos"));
    await many(50, () =>
      open(
        `POST ${V}/containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
      ),
    );
    await expectAnswer();
  });

  test("takes 15 MiB of JSON, and refuses 20", async () => {
    const create = (labelBytes: number) =>
      sendRaw(
        dockerd.socket,
        requestText(`POST ${V}/containers/create`, { Image: "nosuch", Labels: { a: "x".repeat(labelBytes) } }),
      );
    expect(await create(15 * MIB)).toMatchObject({ status: 404 });
    expect(await create(20 * MIB)).toMatchObject({ status: 400, body: expect.stringContaining("larger than") });
  });

  test("is not kept busy by a filter's pattern", async () => {
    const name = "a".repeat(40);
    await dockerd.docker(["create", "--name", `${name}_`, "busybox"]);
    const filters = encodeURIComponent(JSON.stringify({ name: ["^(a+)+$"] }));
    expect(await engineRequest(dockerd.socket, "GET", `${V}/containers/json?all=1&filters=${filters}`)).toEqual({
      status: 200,
      body: [],
    });
    await dockerd.docker(["rm", `${name}_`]);
  });

  test("lets go of bodies that are cut off in the middle", async () => {
    const chunked = "Host: x\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked";
    const begun = busyboxImage("cut:latest").subarray(0, 300 * 1024);
    const bodies = ["POST /images/load", "PUT /containers/quiet/archive?path=/", "POST /images/create?fromSrc=-"];
    for (const line of bodies) {
      const [method, path] = line.split(" ");
      const head = `${method} ${V}${path} HTTP/1.1\r\n${chunked}\r\n\r\n${begun.length.toString(16)}\r\n`;
      const halves = await many(10, () => open(Buffer.concat([Buffer.from(head), begun])));
      for (const [i, socket] of halves.entries()) i % 2 ? socket.end() : socket.destroy();
    }
    await vi.waitFor(
      () => expect(readdirSync(join(dockerd.place.dir, "data/image/overlay2/layerdb/tmp"))).toEqual([]),
      WAIT,
    );
    expect((await dockerd.docker(["images", "-q"])).stdout.split("\n").filter(Boolean)).toHaveLength(1);
  });

  test("lets go of attached clients that have closed one half, or both", async () => {
    const attach = `POST ${V}/containers/quiet/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n\r\n`;
    const attached = await many(100, () => open(attach));
    await vi.waitFor(async () => expect(countDescriptors()).toBeGreaterThan(descriptors + 50), WAIT); // which has counted some that were just closing
    for (const socket of attached) socket.resume(); // what is left unread would make an abort of a clean end
    for (const socket of attached.slice(0, 50)) socket.end();
    await expectAnswer();
    attached.at(-1)!.write("still here\n");
    await new Promise((resolve) => attached.at(-1)!.once("data", resolve));
  });

  test("does not wait for clients that read nothing", async () => {
    const streams = [
      `GET ${V}/containers/loud/logs?follow=1&stdout=1`,
      `GET ${V}/containers/loud/stats`,
      `GET ${V}/events`,
      `GET ${V}/containers/loud/export`,
      `GET ${V}/containers/loud/archive?path=/`,
      `POST ${V}/containers/loud/attach?stream=1&stdout=1`,
    ];
    for (const line of streams) await many(5, () => open(`${line} HTTP/1.1\r\nHost: x\r\n\r\n`));
    for (let round = 0; round < 5; round++) await expectAnswer();
    expect(pssKib(dockerd.pid) - memoryKib).toBeLessThan(5 * 16 * 1024 + 2 * MEMORY_KEPT_KIB); // so much each attached client may be behind
    const before = await logBytes();
    await vi.waitFor(async () => expect(await logBytes()).not.toBe(before), WAIT); // the container goes on
  });

  test("outlives a flood of connections, beyond the descriptors that it may have", async () => {
    const limit = countDescriptors() + 100;
    const [old] = /\d+/.exec(
      execFileSync("prlimit", ["-p", `${dockerd.pid}`, "--nofile", "--noheadings", "-o", "SOFT"], { encoding: "utf8" }),
    )!;
    execFileSync("prlimit", ["-p", `${dockerd.pid}`, `--nofile=${limit}:`]);
    try {
      await many(1500, () => open("GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n"));
      for (const socket of sockets) socket.destroy();
      await vi.waitFor(expectAnswer, WAIT);
    } finally {
      execFileSync("prlimit", ["-p", `${dockerd.pid}`, `--nofile=${old}:`]);
    }
  });

  test("keeps nothing of clients that have gone", async () => {
    const attach = `POST ${V}/containers/loud/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: x\r\n\r\n`;
    const storm = async () => {
      const deaf = await many(5, () => open(attach)); // each is sent what is more than it takes
      const labels = { a: "x".repeat(10 * MIB) };
      for (let i = 0; i < 3; i++)
        await sendRaw(dockerd.socket, requestText(`POST ${V}/containers/create`, { Image: "nosuch", Labels: labels }));
      for (const socket of deaf) socket.destroy();
      await expectAnswer();
    };
    await storm();
    const afterOne = pssKib(dockerd.pid);
    await storm();
    await storm();
    await vi.waitFor(() => expect(pssKib(dockerd.pid) - afterOne).toBeLessThan(MEMORY_KEPT_KIB), WAIT);
  });

  async function logBytes(): Promise<string> {
    return (await dockerd.docker(["exec", "loud", "cat", "/proc/1/io"])).stdout;
  }
});
