import { spawn } from "node:child_process";
import { prlimit, RESOURCES } from "@eras/linux/rlimits.ts";
import { afterAll, describe, expect, test } from "vitest";
import { missing, OURS, runtime } from "../testsuite/on-bundle.ts";
import { applyRlimits, checkRlimits } from "./rlimits.ts";

const MIB = 1024 * 1024;

const sleeper = spawn("sleep", ["60"]);
const pid = sleeper.pid!;
afterAll(() => sleeper.kill());

describe("checkRlimits()", () => {
  test("refuses a limit that there isn't", () => {
    expect(() => checkRlimits([{ type: "RLIMIT_FOO", soft: 1, hard: 1 }])).toThrow("wrong rlimit value: RLIMIT_FOO");
    expect(() => checkRlimits([{ type: "RLIMIT_NOFILE", soft: 1, hard: 1 }])).not.toThrow();
  });
});

describe.skipIf(missing)(`limits of memory${missing ? ` (needs ${missing})` : ""}`, () => {
  test("are the program's, and not for the init, which could not live under them", () => {
    const limits = { RLIMIT_AS: 64 * MIB, RLIMIT_DATA: 16 * MIB, RLIMIT_STACK: MIB };
    const rlimits = Object.entries(limits).map(([type, soft]) => ({ type, soft, hard: 2 * soft }));
    const script = "ulimit -v; ulimit -d; ulimit -s; ulimit -Hv";
    const { call, bundle, id } = runtime(OURS, (spec) => ({
      ...spec,
      process: { ...spec.process!, args: ["sh", "-c", script], rlimits },
    }));
    const kib = [64 * 1024, 16 * 1024, 1024, 128 * 1024];
    expect(call("run", "--bundle", bundle, id)).toMatchObject({
      stdout: kib.map((n) => `${n}\n`).join(""),
      stderr: "",
    });
  });
});

describe("applyRlimits()", () => {
  test("limits another process", () => {
    const infinity = 2n ** 64n - 1n;
    prlimit(pid, RESOURCES.RLIMIT_CORE, { soft: 0, hard: Infinity });
    applyRlimits(pid, [
      { type: "RLIMIT_NOFILE", soft: 64, hard: 128 },
      { type: "RLIMIT_CORE", soft: 2n ** 62n + 1n, hard: infinity },
    ]);
    expect(prlimit(pid, RESOURCES.RLIMIT_NOFILE)).toEqual({ soft: 64, hard: 128 });
    expect(prlimit(pid, RESOURCES.RLIMIT_CORE)).toEqual({ soft: Number(2n ** 62n + 1n), hard: Infinity });
  });

  test("names the limit that the kernel refuses", () => {
    expect(() => applyRlimits(pid, [{ type: "RLIMIT_NOFILE", soft: 2, hard: 1 }])).toThrow(
      "error setting rlimit type 7: invalid argument",
    );
  });
});
