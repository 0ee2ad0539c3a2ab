import { PassThrough, Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WriteBroadcaster } from "./write-broadcaster.ts";

const read = (stream: PassThrough) => stream.read(stream.readableLength)?.toString();

/** A client that takes `limit` bytes and then no more. */
function stuckClient(limit: number): Writable {
  return new Writable({ highWaterMark: limit, write: () => {} });
}

const MIB = 1024 * 1024;

describe("WriteBroadcaster", () => {
  test("sends to every client what is printed from then on, and keeps all in the log", async () => {
    const broadcaster = new WriteBroadcaster();
    const [early, late] = [new PassThrough(), new PassThrough()];
    const ended = broadcaster.sendTo(early);
    await broadcaster.write(Buffer.from("one "));
    const lateEnded = broadcaster.sendTo(late);
    await broadcaster.write(Buffer.from("two"));
    broadcaster.close();
    await Promise.all([ended, lateEnded]);
    expect([read(early), read(late)]).toEqual(["one two", "two"]);
    expect(Buffer.concat(broadcaster.log.read()).toString()).toBe("one two");
  });

  test("does not end the clients: they may hear the other output too", async () => {
    const broadcaster = new WriteBroadcaster();
    const client = new PassThrough();
    const ended = broadcaster.sendTo(client);
    broadcaster.close();
    await ended;
    expect(client.writableEnded).toBe(false);
  });

  test("forgets a client that left", async () => {
    const broadcaster = new WriteBroadcaster();
    const client = new PassThrough();
    const ended = broadcaster.sendTo(client);
    client.destroy();
    await ended;
    await broadcaster.write(Buffer.from("to nobody"));
  });

  test("does not wait for a client that is less than 16 MiB behind", async () => {
    const broadcaster = new WriteBroadcaster();
    void broadcaster.sendTo(stuckClient(4));
    await broadcaster.write(Buffer.alloc(15 * MIB));
  });

  test("waits for a client that is further behind", async () => {
    const broadcaster = new WriteBroadcaster();
    const client = new PassThrough({ highWaterMark: 4 });
    void broadcaster.sendTo(client);
    let written = false;
    const writing = broadcaster.write(Buffer.alloc(17 * MIB)).then(() => (written = true));
    await turn();
    expect(written).toBe(false);
    client.resume();
    await writing;
  });
});

describe("a client that takes nothing", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
  afterEach(() => void vi.useRealTimers());

  test("is cut off after ten seconds, and the container goes on", async () => {
    const broadcaster = new WriteBroadcaster();
    const ended = broadcaster.sendTo(stuckClient(4));
    const cutOff = expect(ended).rejects.toThrow("Cut off: the client stopped reading its output");
    const writing = broadcaster.write(Buffer.alloc(17 * MIB));
    await vi.advanceTimersByTimeAsync(10_000);
    await writing;
    await cutOff;
    await broadcaster.write(Buffer.alloc(100));
  });
});
