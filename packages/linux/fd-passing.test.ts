import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { acceptUnix, connectUnix, listenUnix, recvFds, sendFds, socketpair } from "./fd-passing.ts";
import { nodeArguments } from "./in-child.ts";

let dir: string;
let fds: number[];
function keep(fd: number): number {
  fds.push(fd);
  return fd;
}
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "fd-"));
  fds = [];
});
afterEach(() => {
  for (const fd of fds) closeSync(fd);
  rmSync(dir, { recursive: true });
});

function pair(): [number, number] {
  const [a, b] = socketpair();
  return [keep(a), keep(b)];
}
const openFds = () => readdirSync("/proc/self/fd").length;
const closesOnExec = (fd: number) =>
  (Number.parseInt(/flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))![1]!, 8) & 0o2000000) !== 0;

describe("sendFds()", () => {
  test("delivers bytes and descriptors of the same open files", () => {
    const [a, b] = pair();
    const file = keep(openSync(join(dir, "file"), "w+"));
    sendFds(a, [file, 0], Buffer.from("take these"));
    const { data, fds: received } = recvFds(b, 2);
    received.forEach(keep);
    expect(String(data)).toBe("take these");
    expect(received).toHaveLength(2);
    expect(fstatSync(received[0]!).ino).toBe(fstatSync(file).ino);
    writeSync(file, "shared");
    expect(readSync(received[0]!, Buffer.alloc(9), 0, 9, 0)).toBe(6);
  });

  test("needs at least one byte", () => {
    const [a] = pair();
    expect(() => sendFds(a, [0], Buffer.alloc(0))).toThrow("Cannot send descriptors without data");
  });

  test("fails when the other side is gone, without a signal", () => {
    const [a, b] = socketpair();
    closeSync(b);
    keep(a);
    expect(() => sendFds(a, [0], Buffer.from("x"))).toThrow("sendmsg: EPIPE");
  });

  test("reaches another process", async () => {
    const path = join(dir, "console.sock");
    const listening = keep(listenUnix(path));
    const child = spawn(
      process.execPath,
      nodeArguments(`
        import { openSync } from "node:fs";
        import { connectUnix, sendFds } from "./fd-passing.ts";
        sendFds(connectUnix("${path}"), [openSync("/proc/self/cmdline", "r")], Buffer.from(String(process.pid)));
      `),
      { cwd: import.meta.dirname, stdio: "inherit" },
    );
    const connection = keep(acceptUnix(listening));
    const { data, fds: received } = recvFds(connection, 1);
    expect(String(data)).toBe(String(child.pid));
    expect(fstatSync(keep(received[0]!)).isFile()).toBe(true);
    await once(child, "exit");
  });
});

describe("recvFds()", () => {
  test("marks what it receives close-on-exec", () => {
    const [a, b] = pair();
    sendFds(a, [0], Buffer.from("x"));
    const [received] = recvFds(b, 1).fds;
    expect(closesOnExec(keep(received!))).toBe(true);
  });

  test("takes plain bytes, and gives nothing at the end", () => {
    const [a, b] = socketpair();
    keep(b);
    writeSync(a, "plain");
    expect(recvFds(b, 1)).toEqual({ data: Buffer.from("plain"), fds: [] });
    closeSync(a);
    expect(recvFds(b, 1)).toEqual({ data: Buffer.alloc(0), fds: [] });
  });

  test.each([
    [1, 2],
    [1, 3],
    [2, 3],
    [0, 1],
  ])("of %i closes all when %i come", (max, count) => {
    const [a, b] = pair();
    const before = openFds();
    sendFds(a, Array(count).fill(0), Buffer.from("x"));
    expect(() => recvFds(b, max)).toThrow(`Cannot receive descriptors: more than ${max} came`);
    expect(openFds()).toBe(before);
  });
});

describe("socketpair()", () => {
  test("closes on exec", () => {
    const [a, b] = pair();
    expect([a, b].map(closesOnExec)).toEqual([true, true]);
    expect(spawnSync("readlink", [`/proc/self/fd/${b}`]).status).toBe(1);
  });
});

describe("connectUnix()", () => {
  test("names what it can't reach, and leaves no descriptor", () => {
    const before = openFds();
    expect(() => connectUnix(join(dir, "none"))).toThrow(`connect ${dir}/none: ENOENT`);
    expect(() => connectUnix("/x".repeat(60))).toThrow("longer than 107 bytes");
    expect(openFds()).toBe(before);
  });
});

describe("listenUnix()", () => {
  test("refuses a path that is taken", () => {
    const path = join(dir, "sock");
    keep(listenUnix(path));
    expect(() => listenUnix(path)).toThrow(`bind ${path}: EADDRINUSE`);
  });
});
