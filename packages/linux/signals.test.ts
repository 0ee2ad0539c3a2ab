import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";
import { kill, signalName, signalNumber } from "./signals.ts";

describe("signalNumber()", () => {
  test.each([
    ["SIGTERM", 15],
    ["TERM", 15],
    ["kill", 9],
    ["15", 15],
    [1, 1],
    ["SIGPWR", 30],
    ["IOT", 6],
    ["RTMIN", 34],
    ["SIGRTMIN+3", 37],
    ["rtmax-1", 63],
    ["64", 64],
  ])("reads %s", (signal, number) => expect(signalNumber(signal)).toBe(number));

  test.each(["", "0", "65", "SIGNAL", "-1", "RTMIN-1", "RTMAX+1", "1.5", "TERM "])("refuses %j", (signal) =>
    expect(() => signalNumber(signal)).toThrow(`Cannot find signal "${signal}"`),
  );
});

describe("signalName()", () => {
  test.each([
    [6, "SIGABRT"],
    [15, "SIGTERM"],
    [17, "SIGCHLD"],
    [29, "SIGIO"],
    [32, "SIG32"],
    [34, "SIGRTMIN"],
    [37, "SIGRTMIN+3"],
    [64, "SIGRTMIN+30"],
  ])("calls %d %s", (number, name) => expect(signalName(number)).toBe(name));

  test("is undone by signalNumber()", () => {
    const named = Array.from({ length: 64 }, (_, i) => i + 1).filter((number) => number !== 32 && number !== 33);
    expect(named.map((number) => signalNumber(signalName(number)))).toEqual(named);
  });
});

describe("kill()", () => {
  test("sends a signal", async () => {
    const child = spawn("sleep", ["60"]);
    kill(child.pid!, 15);
    expect(await once(child, "exit")).toEqual([null, "SIGTERM"]);
  });

  test("only checks with 0", () => {
    kill(process.pid, 0);
    expect(() => kill(2 ** 22 + 1, 0)).toThrow("kill: ESRCH");
  });
});

describe("restoreSignals()", () => {
  const masks = (source: string) =>
    inChild(`
      import { readFileSync } from "node:fs";
      import { restoreSignals } from "./signals.ts";
      ${source}
      const status = readFileSync("/proc/self/status", "utf8");
      report(["SigIgn", "SigBlk", "SigCgt"].map((field) => new RegExp(field + ":\\\\s*(\\\\w+)").exec(status)[1]));
    `)[0];

  test("leaves nothing ignored, blocked or handled but what libc needs for its threads", () => {
    const [ignored, , handled] = masks("") as string[];
    expect(BigInt(`0x${ignored}`) & (1n << 12n)).not.toBe(0n); // SIGPIPE: without it the test shows nothing
    expect(handled).not.toBe("0000000000000000");
    const [ignoredAfter, blocked, handledAfter] = masks("restoreSignals();") as string[];
    expect([ignoredAfter, blocked]).toEqual(["0000000000000000", "0000000000000000"]);
    expect(BigInt(`0x${handledAfter}`) & ~(3n << 31n)).toBe(0n);
  });
});

describe("exitOn()", () => {
  test.each([1, 15])("makes signal %d the exit status", (signal) => {
    const source = `import { exitOn, kill } from "./signals.ts"; exitOn([1, 15]); kill(process.pid, ${signal});`;
    expect(() => inChild(source)).toThrow(`Child ended with ${signal}:`);
  });
});
