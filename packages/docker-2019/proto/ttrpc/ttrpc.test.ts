import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Call, namespaceOf, TTRPC_NAMESPACE_KEY } from "../call.ts";
import { Task } from "../gen/shim_pb.ts";
import { ResponseSchema } from "../gen/ttrpc_pb.ts";
import { fromBinary } from "../message.ts";
import { connectTtrpc, socketPath, type TtrpcConnection, ttrpcClient } from "./client.ts";
import { encodeFrame, FrameReader, PAYLOAD_MAX, REQUEST } from "./frame.ts";
import { implement, type TtrpcHandlers, ttrpcServer } from "./server.ts";

let dir: string;
let socket: string;
let server: Server;
let connection: TtrpcConnection;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "eras-ttrpc-"));
  socket = join(dir, "s");
});
afterEach(() => {
  connection?.close();
  server.close();
  rmSync(dir, { recursive: true });
});

async function serve(handlers: TtrpcHandlers<typeof Task>) {
  server = ttrpcServer([implement(Task, handlers)]);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  connection = await connectTtrpc(socket);
  return ttrpcClient(Task, connection);
}

describe("a call", () => {
  test("brings the request over and the response back", async () => {
    const task = await serve({ state: ({ id }) => ({ id, pid: 7, exitedAt: { seconds: 5n } }) });
    expect(await task.state({ id: "web" })).toMatchObject({ id: "web", pid: 7, exitedAt: { seconds: 5n, nanos: 0 } });
  });

  test("may have an empty response", async () => {
    const task = await serve({ kill: () => ({}) });
    expect(await task.kill({ id: "web", signal: 9 })).toEqual({});
  });

  test("fails with the kind and the words that its handler threw", async () => {
    const task = await serve({
      kill: () => {
        throw new FailedPrecondition("not now");
      },
      pids: () => Promise.reject(new Error("oops")),
    });
    await expect(task.kill({})).rejects.toMatchObject({ kind: "FailedPrecondition", message: "not now" });
    await expect(task.pids({})).rejects.toMatchObject({ kind: "Unknown", message: "oops" });
    await expect(task.pause({})).rejects.toMatchObject({ kind: "NotImplemented" });
  });

  test("does not wait for those before it", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const task = await serve({ wait: () => promise.then(() => ({ exitStatus: 3 })), state: () => ({ pid: 1 }) });
    const waits = Array.from({ length: 500 }, () => task.wait({}));
    expect((await task.state({})).pid).toBe(1);
    resolve();
    for (const wait of waits) expect((await wait).exitStatus).toBe(3);
  });

  test("has metadata", async () => {
    const task = await serve({ state: (_, call) => ({ id: namespaceOf(call) }) });
    expect((await task.state({}, { metadata: { [TTRPC_NAMESPACE_KEY]: "moby" } })).id).toBe("moby");
    await expect(task.state({})).rejects.toMatchObject({ message: "namespace is required: failed precondition" });
  });

  test("ends at its deadline, on both sides", async () => {
    let seen: Call | undefined;
    const task = await serve({
      wait: (_, call) => {
        seen = call;
        return new Promise(() => {});
      },
    });
    await expect(task.wait({}, { timeoutMs: 30 })).rejects.toMatchObject({ kind: "DeadlineExceeded" });
    await expect.poll(() => seen?.signal.aborted).toBe(true);
  });

  test("can be given up", async () => {
    const task = await serve({ wait: () => new Promise(() => {}) });
    const controller = new AbortController();
    const wait = task.wait({}, { signal: controller.signal });
    controller.abort();
    await expect(wait).rejects.toMatchObject({ kind: "Cancelled" });
  });

  test("may have 4 MiB, and no more", async () => {
    const task = await serve({ update: () => ({}), stats: () => ({ stats: { value: Buffer.alloc(PAYLOAD_MAX) } }) });
    await task.update({ resources: { value: Buffer.alloc(PAYLOAD_MAX - 100) } });
    await expect(task.update({ resources: { value: Buffer.alloc(PAYLOAD_MAX) } })).rejects.toMatchObject({
      kind: "ResourceExhausted",
    });
    await expect(task.stats({})).rejects.toMatchObject({ kind: "ResourceExhausted" });
  });

  test("fails when the line drops, and its handler is told", async () => {
    let gone: AbortSignal | undefined;
    const task = await serve({
      wait: (_, { signal }) => {
        gone = signal;
        return new Promise(() => {});
      },
    });
    const wait = task.wait({});
    await expect.poll(() => gone).toBeDefined();
    connection.close();
    await expect(wait).rejects.toMatchObject({ kind: "Unavailable" });
    await expect(task.state({})).rejects.toMatchObject({ kind: "Unavailable" });
    await expect.poll(() => gone?.aborted).toBe(true);
  });
});

describe("a server", () => {
  /** What it answers to these bytes. */
  async function answers(bytes: Buffer) {
    const raw = connect(socket);
    const reader = new FrameReader();
    const got: { streamId: number; status: unknown }[] = [];
    raw.on("data", (piece: Buffer) => {
      for (const { streamId, payload } of reader.push(piece))
        got.push({ streamId, status: fromBinary(ResponseSchema, payload).status });
    });
    raw.end(bytes);
    await new Promise((resolve) => raw.on("end", resolve));
    raw.destroy();
    return got;
  }

  test("survives bytes that are no frames, and requests that are none", async () => {
    const task = await serve({ state: () => ({ pid: 1 }) });
    const noise = encodeFrame({ streamId: 1, type: REQUEST, payload: Buffer.from("noise") });
    expect(await answers(noise)).toMatchObject([{ streamId: 1, status: { code: 3 } }]);
    const even = encodeFrame({ streamId: 2, type: REQUEST, payload: new Uint8Array() });
    expect(await answers(even)).toMatchObject([{ streamId: 2, status: { code: 3 } }]);
    expect(await answers(Buffer.alloc(3, 0xff))).toEqual([]);
    expect((await task.state({})).pid).toBe(1);
  });

  test("refuses a stream of ttrpc 1.2 and passes over its data", async () => {
    await serve({});
    const open = encodeFrame({ streamId: 1, type: REQUEST, flags: 2, payload: new Uint8Array() });
    const data = encodeFrame({ streamId: 1, type: 3, flags: 1, payload: new Uint8Array() });
    expect(await answers(Buffer.concat([open, data]))).toMatchObject([{ streamId: 1, status: { code: 12 } }]);
  });

  test("does not gather responses for a caller that does not read them", async () => {
    let calls = 0;
    const stats = () => {
      calls++;
      return { stats: { value: Buffer.alloc(1 << 20) } };
    };
    await serve({ stats });
    const raw = connect(socket).pause();
    const request = (streamId: number) => encodeFrame({ streamId, type: REQUEST, payload: STATS_REQUEST });
    for (let i = 0; i < 1000; i++) {
      raw.write(request(2 * i + 1));
      if (i % 100 === 0) await sleep(5);
    }
    await sleep(100);
    expect(calls).toBeLessThan(500);
    raw.destroy();
  });
});

const STATS_REQUEST = Buffer.concat([
  Buffer.from("\x0a\x17containerd.task.v2.Task\x12\x05Stats"),
  Buffer.from([0x1a, 2, 0x0a, 0]),
]);

describe("connectTtrpc()", () => {
  test("says who is not there", async () => {
    server = ttrpcServer([]);
    await expect(connectTtrpc(socket)).rejects.toMatchObject({
      kind: "Unavailable",
      message: expect.stringMatching(/^Cannot connect to .*ENOENT/),
    });
  });
});

describe("socketPath()", () => {
  test("knows unix sockets and abstract ones", () => {
    expect(socketPath("unix:///run/s")).toBe("/run/s");
    expect(socketPath("/containerd-shim/ns/id/shim.sock")).toBe("\0/containerd-shim/ns/id/shim.sock");
  });
});
