import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Client } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LEASE_KEY, leaseOf, NAMESPACE_KEY, namespaceOf } from "../call.ts";
import { Content, WriteAction } from "../gen/content_pb.ts";
import { connectGrpc, grpcClient } from "./client.ts";
import { grpcServer, type Handlers, implement, listen } from "./server.ts";

let dir: string;
let stop: () => void;
let channel: Client;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "eras-grpc-"));
});
afterEach(() => {
  channel.close();
  stop();
  rmSync(dir, { recursive: true });
});

async function serve(handlers: Handlers<typeof Content>, metadata = {}) {
  stop = await listen(grpcServer([implement(Content, handlers)]), join(dir, "s"));
  channel = connectGrpc(join(dir, "s"));
  return grpcClient(Content, channel, metadata);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("a call with one response", () => {
  test("brings the request over and the response back", async () => {
    const content = await serve({ info: ({ digest }) => ({ info: { digest, size: 5n } }) });
    expect((await content.info({ digest: "sha256:0" })).info).toMatchObject({
      digest: "sha256:0",
      size: 5n,
      labels: {},
    });
  });

  test("fails with the kind and the words that its handler threw, in any script", async () => {
    const content = await serve({
      info: () => {
        throw new NotFound('content "ü, 内容, 100%\n": not found');
      },
    });
    await expect(content.info({})).rejects.toMatchObject({
      kind: "NotFound",
      message: 'content "ü, 内容, 100%\n": not found',
    });
    await expect(content.abort({})).rejects.toMatchObject({ kind: "NotImplemented" });
  });

  test("answers clients of 2019, who take the socket for an authority", async () => {
    await serve({ info: ({ digest }) => ({ info: { digest } }) });
    const session = connectHttp2("http://localhost", { createConnection: () => connect(join(dir, "s")) });
    for (const authority of [`unix://${dir}/s`, `unix://${dir}/s`, "/other"]) {
      const path = {
        ":method": "POST",
        ":path": "/containerd.services.content.v1.Content/Info",
        ":authority": authority,
      };
      const stream = session.request({ ...path, "content-type": "application/grpc", te: "trailers" });
      stream.resume().end(Buffer.alloc(5)); // the frame of an empty message
      const [trailers] = await once(stream, "trailers");
      expect(trailers).toMatchObject({ "grpc-status": "0" });
    }
    session.close();
  });

  test("has metadata: a client's own and a call's", async () => {
    const content = await serve(
      { status: (_, call) => ({ status: { ref: `${namespaceOf(call)} ${leaseOf(call)}` } }) },
      { [NAMESPACE_KEY]: "moby" },
    );
    expect((await content.status({}, { metadata: { [LEASE_KEY]: "l1" } })).status?.ref).toBe("moby l1");
    const twice = { [NAMESPACE_KEY]: "newer, older", [LEASE_KEY]: "l2, l1" }; // as Node joins what comes twice
    expect((await grpcClient(Content, channel, twice).status({})).status?.ref).toBe("newer l2");
    const other = grpcClient(Content, channel);
    await expect(other.status({})).rejects.toMatchObject({
      kind: "FailedPrecondition",
      message: expect.stringMatching(/^namespace is required/),
    });
  });

  test("ends at its deadline or when it is given up, on both sides", async () => {
    const signals: AbortSignal[] = [];
    const content = await serve({
      info: (_, { signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    await expect(content.info({}, { timeoutMs: 100 })).rejects.toMatchObject({ kind: "DeadlineExceeded" });
    const controller = new AbortController();
    const call = content.info({}, { signal: controller.signal });
    await expect.poll(() => signals.length).toBe(2);
    controller.abort();
    await expect(call).rejects.toMatchObject({ kind: "Cancelled" });
    await expect.poll(() => signals.every(({ aborted }) => aborted)).toBe(true);
  });

  test("may have 16 MiB, and no more", async () => {
    const content = await serve({ info: ({ digest }) => ({ info: { size: BigInt(digest.length) } }) });
    const size = (16 << 20) - 100;
    expect((await content.info({ digest: "x".repeat(size) })).info?.size).toBe(BigInt(size));
    await expect(content.info({ digest: "x".repeat(16 << 20) })).rejects.toMatchObject({ kind: "ResourceExhausted" });
  });

  test("fails with Unavailable where nobody listens", async () => {
    await serve({});
    const nobody = connectGrpc(join(dir, "nobody"));
    await expect(grpcClient(Content, nobody).info({})).rejects.toMatchObject({ kind: "Unavailable" });
    nobody.close();
  });
});

describe("a call with many responses", () => {
  test("brings them in their order", async () => {
    const content = await serve({
      read: async function* () {
        for (let i = 0; i < 100; i++) yield { offset: BigInt(i), data: Buffer.alloc(1000) };
      },
    });
    const stream = content.read({});
    await sleep(100); // nobody looks yet
    const offsets = (await collect(stream)).map(({ offset }) => offset);
    expect(offsets).toEqual(Array.from({ length: 100 }, (_, i) => BigInt(i)));
  });

  test("fails with what the handler threw, also if nobody looks yet", async () => {
    const content = await serve({
      read: async function* () {
        yield {};
        throw new NotFound("gone");
      },
    });
    const stream = content.read({});
    await sleep(100);
    await expect(collect(stream)).rejects.toMatchObject({ kind: "NotFound", message: "gone" });
  });

  test("may have none", async () => {
    const content = await serve({ list: () => [] });
    expect(await collect(content.list({}))).toEqual([]);
  });

  test("makes no more of them than the caller reads", async () => {
    let made = 0;
    let ended = false;
    const content = await serve({
      read: async function* () {
        try {
          for (; made < 1000; made++) yield { data: Buffer.alloc(1 << 20) };
        } finally {
          ended = true;
        }
      },
    });
    const stream = content.read({});
    await stream.next();
    await sleep(300);
    expect(made).toBeLessThan(100);
    await stream.return();
    await expect.poll(() => ended).toBe(true);
  });

  test("may be given up thousands of times, as a genuine client does who reads a blob piece by piece", async () => {
    const content = await serve({ read: () => [{ data: Buffer.of(1) }, { data: Buffer.of(2) }] });
    for (let i = 0; i < 1100; i++) for await (const _ of content.read({})) break;
    expect(await collect(content.read({}))).toHaveLength(2);
  });

  test("ends on the other side when the caller has enough", async () => {
    let gone = false;
    const content = await serve({
      list: async function* (_, { signal }) {
        yield {};
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        gone = true;
      },
    });
    for await (const _ of content.list({})) break;
    await expect.poll(() => gone).toBe(true);
  });
});

describe("a call where both sides stream", () => {
  const write: Handlers<typeof Content>["write"] = async function* (requests) {
    let offset = 0n;
    for await (const { action, data } of requests) {
      offset += BigInt(data.length);
      yield { action, offset };
      if (action === WriteAction.COMMIT) throw new NotFound("nothing to commit");
    }
    yield { offset, digest: "end" };
  };

  test("answers each request", async () => {
    const content = await serve({ write });
    const { send, end, responses } = content.write();
    await send({ action: WriteAction.STAT });
    expect((await responses.next()).value).toMatchObject({ action: WriteAction.STAT, offset: 0n });
    await send({ action: WriteAction.WRITE, data: Buffer.alloc(1 << 20) });
    expect((await responses.next()).value).toMatchObject({ offset: 1n << 20n });
    end();
    expect(await collect(responses)).toMatchObject([{ digest: "end" }]);
  });

  test("fails with what the handler threw", async () => {
    const content = await serve({ write });
    const { send, responses } = content.write();
    await send({ action: WriteAction.COMMIT });
    await expect(collect(responses)).rejects.toMatchObject({ kind: "NotFound", message: "nothing to commit" });
    await send({}); // into the void
  });

  test.each(["gives up", "drops the line"])("stops waiting for requests when the caller %s", async (how) => {
    let caught: unknown;
    await serve({
      write: async function* (requests) {
        try {
          for await (const _ of requests) yield {};
        } catch (error) {
          caught = error;
        }
      },
    });
    const line = await lineTo(join(dir, "s"));
    const { send, responses } = grpcClient(Content, line.channel).write();
    await send({});
    await responses.next();
    if (how === "gives up") await responses.return();
    else line.drop();
    await expect.poll(() => caught).toMatchObject({ kind: "Cancelled" });
    line.drop();
    line.channel.close();
  });
});

/** A channel to a socket by way of another one, so that the line between can be cut. */
async function lineTo(path: string): Promise<{ channel: Client; drop(): void }> {
  const between = createServer((caller) => {
    const callee = connect(path);
    caller.pipe(callee).pipe(caller);
    between.once("drop-line", () => callee.destroy());
  });
  await new Promise<void>((resolve) => between.listen(`${path}.line`, resolve));
  const drop = () => {
    between.emit("drop-line");
    between.close();
  };
  return { channel: connectGrpc(`${path}.line`), drop };
}
