import { closeSync, writeSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";
import { type Pipe, pipe } from "./pipe.ts";
import { POLLHUP, POLLIN, POLLNVAL, POLLOUT, poll } from "./poll.ts";

let ends: Pipe;
beforeEach(() => {
  ends = pipe();
});
afterEach(() => {
  closeSync(ends.readEnd);
  closeSync(ends.writeEnd);
});

describe("poll()", () => {
  test("tells which descriptors are ready, in order", () => {
    const requests = [
      { fd: ends.readEnd, events: POLLIN },
      { fd: ends.writeEnd, events: POLLOUT },
    ];
    expect(poll(requests, Infinity)).toEqual([0, POLLOUT]);
    writeSync(ends.writeEnd, "x");
    expect(poll(requests, Infinity)).toEqual([POLLIN, POLLOUT]);
  });

  test("gives up after the timeout", () => {
    const start = performance.now();
    expect(poll([{ fd: ends.readEnd, events: POLLIN }], 30)).toEqual([0]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(29);
  });

  test("tells of a closed end and of no descriptor at all", () => {
    const { readEnd, writeEnd } = pipe();
    closeSync(writeEnd);
    expect(poll([{ fd: readEnd, events: POLLIN }], Infinity)).toEqual([POLLHUP]);
    closeSync(readEnd);
    expect(poll([{ fd: 1_000_000, events: POLLIN }], Infinity)).toEqual([POLLNVAL]);
  });

  test("goes on waiting after a signal", () => {
    const [ready] = inChild(`
      import { spawn } from "node:child_process";
      import { pipe } from "./pipe.ts";
      import { POLLIN, poll } from "./poll.ts";
      process.on("SIGUSR2", () => {}); // a handler interrupts poll(2)
      const { readEnd, writeEnd } = pipe();
      const inPoll = 'until grep -qE "^(7|73) " /proc/$PPID/syscall; do :; done'; // poll; on arm64 libc calls ppoll
      const script = inPoll + "; kill -USR2 $PPID; " + inPoll + "; echo >&3";
      spawn("sh", ["-c", script], { stdio: ["ignore", "ignore", "ignore", writeEnd] });
      report(poll([{ fd: readEnd, events: POLLIN }], 10_000));
    `);
    expect(ready).toEqual([POLLIN]);
  });
});
