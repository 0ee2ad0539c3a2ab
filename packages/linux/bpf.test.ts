import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, rmdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  attachDeviceProgram,
  detachDeviceProgram,
  loadDeviceProgram,
  queryDevicePrograms,
  replaceDevicePrograms,
} from "./bpf.ts";
import { compileDeviceProgram, type DeviceRule } from "./device-program.ts";
import { type NativeArgument, observeCalls } from "./libc.ts";

/** Device programs need no controller: on a hybrid host they work in the empty v2 hierarchy. */
const ROOT = existsSync("/sys/fs/cgroup/unified/cgroup.procs") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
const supported = existsSync(`${ROOT}/cgroup.procs`);

const cgroup = `${ROOT}/eras-bpf-test-${process.pid}`;
let cgroupFd: number;
const programs: number[] = [];

function load(rules: DeviceRule[]): number {
  const fd = loadDeviceProgram(compileDeviceProgram(rules));
  programs.push(fd);
  return fd;
}

/** What a shell inside the cgroup may do: `read 1:3`, `write 1:3`, `mknod c 1:3`. */
function allowed(action: string): boolean {
  const script = `echo $$ > ${cgroup}/cgroup.procs || exit 99; ${action}`;
  const { status } = spawnSync("sh", ["-c", script]);
  expect([0, 1, 2]).toContain(status);
  return status === 0;
}
const READ_NULL = "true < /dev/null";
const WRITE_NULL = "echo x > /dev/null";
const READ_ZERO = "true < /dev/zero";
const MKNOD_NULL = `d=$(mktemp -d); mknod $d/n c 1 3; s=$?; rm -r $d; exit $s`;
const MKNOD_BLOCK = `d=$(mktemp -d); mknod $d/n b 1 3; s=$?; rm -r $d; exit $s`;

describe.runIf(supported)("device programs", () => {
  beforeEach(() => {
    mkdirSync(cgroup);
    cgroupFd = openSync(cgroup, "r");
  });
  afterEach(() => {
    for (const fd of programs.splice(0)) closeSync(fd);
    closeSync(cgroupFd);
    rmdirSync(cgroup);
  });

  const NULL_AND_ZERO: [string, DeviceRule[], Record<string, boolean>][] = [
    ["no rule allows all", [], { [READ_NULL]: true, [WRITE_NULL]: true, [MKNOD_NULL]: true }],
    [
      "a list of what is allowed",
      [{ allow: false }, { allow: true, type: "c", major: 1, minor: 3, access: "r" }],
      { [READ_NULL]: true, [WRITE_NULL]: false, [MKNOD_NULL]: false, [READ_ZERO]: false },
    ],
    [
      "a list of what is forbidden",
      [{ allow: true }, { allow: false, type: "c", major: 1, minor: 3, access: "w" }],
      { [READ_NULL]: true, [WRITE_NULL]: false, [MKNOD_NULL]: true, [READ_ZERO]: true },
    ],
    [
      "a later rule over an earlier one",
      [
        { allow: false, type: "c", major: 1, minor: 3 },
        { allow: true, type: "c", major: 1 },
        { allow: false, type: "c", minor: 5 },
      ],
      { [READ_NULL]: true, [MKNOD_NULL]: true, [READ_ZERO]: false },
    ],
    [
      "a rule for all devices over all earlier ones",
      [
        { allow: true, type: "c", major: 1 },
        { allow: false, type: "a", major: 9 },
      ],
      { [READ_NULL]: false, [MKNOD_BLOCK]: false },
    ],
    [
      "block apart from character devices",
      [{ allow: false }, { allow: true, type: "b", major: -1, minor: -1, access: "m" }],
      { [MKNOD_BLOCK]: true, [MKNOD_NULL]: false },
    ],
    [
      "accesses that several rules allow together",
      [
        { allow: false },
        { allow: true, type: "c", major: 1, minor: 3, access: "r" },
        { allow: true, type: "c", major: 1, minor: 3, access: "w" },
      ],
      { "true <> /dev/null": true, [MKNOD_NULL]: false },
    ],
  ];
  test.each(NULL_AND_ZERO)("hold %s", (_, rules, expected) => {
    attachDeviceProgram(cgroupFd, load(rules));
    for (const [action, verdict] of Object.entries(expected))
      expect(`${action}: ${allowed(action)}`).toBe(`${action}: ${verdict}`);
  });

  test("may have hundreds of rules", () => {
    const rules = Array.from(
      { length: 1000 },
      (_, minor): DeviceRule => ({ allow: minor % 2 === 1, type: "c", major: 1, minor }),
    );
    attachDeviceProgram(cgroupFd, load([...rules, { allow: false, type: "c", major: 1, minor: 5 }]));
    expect(allowed(READ_NULL)).toBe(true);
    expect(allowed(READ_ZERO)).toBe(false);
  });

  describe("replaceDevicePrograms()", () => {
    test("puts a program in place of none, one, and several", () => {
      replaceDevicePrograms(cgroupFd, load([{ allow: false }]));
      expect(allowed(READ_NULL)).toBe(false);
      replaceDevicePrograms(cgroupFd, load([{ allow: true }]));
      expect(allowed(READ_NULL)).toBe(true);
      attachDeviceProgram(cgroupFd, load([{ allow: false }]));
      attachDeviceProgram(cgroupFd, load([{ allow: false, type: "b" }]));
      expect(queryDevicePrograms(cgroupFd)).toHaveLength(3);
      replaceDevicePrograms(cgroupFd, load([{ allow: true }]));
      expect(queryDevicePrograms(cgroupFd)).toHaveLength(1);
      expect(allowed(READ_NULL)).toBe(true);
    });
  });

  test("replaceDevicePrograms() replaces a single program in one step", () => {
    replaceDevicePrograms(cgroupFd, load([{ allow: false }]));
    const next = load([{ allow: true }]);
    const commands: NativeArgument[] = [];
    observeCalls(({ call, args }) => call === "bpf" && commands.push(args[0]!));
    replaceDevicePrograms(cgroupFd, next);
    observeCalls(() => {});
    expect(commands).not.toContain(9); // BPF_PROG_DETACH
    expect(queryDevicePrograms(cgroupFd)).toHaveLength(1);
  });

  describe("detachDeviceProgram()", () => {
    test("gives the devices back", () => {
      const program = load([{ allow: false }]);
      attachDeviceProgram(cgroupFd, program);
      expect(allowed(READ_NULL)).toBe(false);
      detachDeviceProgram(cgroupFd, program);
      expect(queryDevicePrograms(cgroupFd)).toEqual([]);
      expect(allowed(READ_NULL)).toBe(true);
      expect(() => detachDeviceProgram(cgroupFd, program)).toThrow("bpf: ENOENT");
    });
  });
});

describe("loadDeviceProgram()", () => {
  test("reports what the kernel's verifier says", () => {
    const withoutResult = compileDeviceProgram([]).subarray(-8); // `exit` alone
    expect(() => loadDeviceProgram(Buffer.from(withoutResult))).toThrow(/bpf: EACCES\n(.*\n)*R0 !read_ok/);
  });
});

describe("compileDeviceProgram()", () => {
  test("refuses rules that make no sense", () => {
    expect(() => compileDeviceProgram([{ allow: true, type: "c", access: "x" }])).toThrow(
      'Cannot use device access "x"',
    );
    expect(() => compileDeviceProgram([{ allow: true, type: "c", major: -2 }])).toThrow("Cannot use device major -2");
  });
});
