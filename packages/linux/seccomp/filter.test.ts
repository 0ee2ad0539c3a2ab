import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileSeccompFilter } from "../seccomp.ts";
import { architecture, type SeccompArchitecture, systemCallNumbers } from "./architectures.ts";
import { runFilter } from "./interpreter.ts";
import type { SeccompAction, SeccompCondition, SeccompOperator, SeccompProfile } from "./profile.ts";

const ALL: SeccompArchitecture[] = [
  "SCMP_ARCH_X86_64",
  "SCMP_ARCH_X32",
  "SCMP_ARCH_X86",
  "SCMP_ARCH_AARCH64",
  "SCMP_ARCH_ARM",
];
const KILL_PROCESS = 0x8000_0000;
const ALLOW = 0x7fff_0000;
const ERRNO = 0x0005_0000;

/** What a filter answers to a call by name. */
function answer(
  profile: SeccompProfile,
  name: string,
  args: bigint[] = [],
  on: SeccompArchitecture = "SCMP_ARCH_X86_64",
) {
  const number = systemCallNumbers(architecture(on)).get(name)!;
  const whole: SeccompProfile = { architectures: ALL, ...profile };
  return runFilter(compileSeccompFilter(whole), { number, audit: architecture(on).audit, args });
}

describe("compileSeccompFilter()", () => {
  test.each(ALL)("knows the calls of %s", (on) => {
    const profile: SeccompProfile = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 5 }],
    };
    expect(answer(profile, "mkdirat", [], on)).toBe(ERRNO | 5);
    expect(answer(profile, "unlinkat", [], on)).toBe(ALLOW);
  });

  test("kills what comes from an architecture that isn't listed", () => {
    const filter = compileSeccompFilter({ defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"] });
    const { audit } = architecture("SCMP_ARCH_X86");
    expect(runFilter(filter, { number: 4, audit, args: [] })).toBe(KILL_PROCESS);
  });

  test("kills calls of x32 unless it is listed, but lets tracers skip a call", () => {
    const { audit } = architecture("SCMP_ARCH_X32");
    const only64 = compileSeccompFilter({ defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"] });
    expect(runFilter(only64, { number: 0x4000_0001, audit, args: [] })).toBe(KILL_PROCESS);
    expect(runFilter(only64, { number: 0xffff_ffff, audit, args: [] })).toBe(ALLOW);
    const both = compileSeccompFilter({
      defaultAction: "SCMP_ACT_ALLOW",
      architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"],
    });
    expect(runFilter(both, { number: 0x4000_0001, audit, args: [] })).toBe(ALLOW);
  });

  describe("if newer calls are unknown", () => {
    const ENOSYS = 38;
    const answerTo = (profile: SeccompProfile, number: number) =>
      runFilter(compileSeccompFilter(profile, { newerCallsAreUnknown: true }), {
        number,
        audit: architecture("SCMP_ARCH_X86_64").audit,
        args: [],
      });
    const profile: SeccompProfile = {
      defaultAction: "SCMP_ACT_ERRNO",
      architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"],
      syscalls: [
        { names: ["read"], action: "SCMP_ACT_ALLOW" },
        { names: ["openat2"], action: "SCMP_ACT_ERRNO", errnoRet: 5 },
      ],
    };

    test("answers so beyond the last one that is named, on each architecture that is listed", () => {
      expect([0, 1, 436, 437, 438, 9999].map((number) => answerTo(profile, number))).toEqual([
        ALLOW,
        ERRNO | 1,
        ERRNO | 1,
        ERRNO | 5,
        ERRNO | ENOSYS,
        ERRNO | ENOSYS,
      ]);
      expect(answerTo(profile, 0x4000_0001)).toBe(ERRNO | 1);
      expect(answerTo(profile, 0x4000_03e8)).toBe(ERRNO | ENOSYS);
    });

    test("leaves the default to an architecture that isn't listed, and to who lets calls pass", () => {
      const { architectures: _, ...unlisted } = profile;
      expect(answerTo(unlisted, 9999)).toBe(ERRNO | 1);
      expect(answerTo({ ...profile, defaultAction: "SCMP_ACT_ALLOW" }, 9999)).toBe(ALLOW);
    });
  });

  test("lets the first rule that matches decide", () => {
    const profile: SeccompProfile = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [
        {
          names: ["socket"],
          action: "SCMP_ACT_ERRNO",
          errnoRet: 1,
          args: [{ index: 0, op: "SCMP_CMP_EQ", value: 16 }],
        },
        { names: ["socket"], action: "SCMP_ACT_ERRNO", errnoRet: 2, args: [{ index: 0, op: "SCMP_CMP_GT", value: 8 }] },
        { names: ["socket"], action: "SCMP_ACT_ERRNO", errnoRet: 3 },
        { names: ["socket"], action: "SCMP_ACT_ALLOW", args: [{ index: 0, op: "SCMP_CMP_EQ", value: 1 }] },
      ],
    };
    expect([16n, 17n, 1n].map((family) => answer(profile, "socket", [family]))).toEqual([
      ERRNO | 1,
      ERRNO | 2,
      ERRNO | 3,
    ]);
  });

  test("wants all conditions of a rule, but one of those on the same argument", () => {
    const withArgs = (...args: SeccompCondition[]): SeccompProfile => ({
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["socket"], action: "SCMP_ACT_ERRNO", args }],
    });
    const is = (index: number, value: number): SeccompCondition => ({ index, op: "SCMP_CMP_EQ", value });
    expect(answer(withArgs(is(0, 1), is(1, 2)), "socket", [1n, 2n])).toBe(ERRNO | 1);
    expect(answer(withArgs(is(0, 1), is(1, 2)), "socket", [1n, 3n])).toBe(ALLOW);
    expect(answer(withArgs(is(0, 1), is(0, 2)), "socket", [2n])).toBe(ERRNO | 1);
  });

  test("reaches calls through socketcall and ipc", () => {
    const profile: SeccompProfile = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["connect", "shmat"], action: "SCMP_ACT_ERRNO" }],
    };
    expect(answer(profile, "socketcall", [3n], "SCMP_ARCH_X86")).toBe(ERRNO | 1);
    expect(answer(profile, "socketcall", [2n], "SCMP_ARCH_X86")).toBe(ALLOW);
    expect(answer(profile, "ipc", [21n], "SCMP_ARCH_X86")).toBe(ERRNO | 1);
  });

  test("looks at the half of a register that a 32-bit call has", () => {
    const profile: SeccompProfile = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["kill"], action: "SCMP_ACT_ERRNO", args: [{ index: 0, op: "SCMP_CMP_EQ", value: 7 }] }],
    };
    expect(answer(profile, "kill", [0xdead_0000_0007n], "SCMP_ARCH_X86")).toBe(ERRNO | 1);
    expect(answer(profile, "kill", [0xdead_0000_0007n], "SCMP_ARCH_X86_64")).toBe(ALLOW);
  });

  test("passes over names that an architecture, or nobody, knows", () => {
    const profile: SeccompProfile = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["no_such_call", "arch_prctl", "mkdirat"], action: "SCMP_ACT_ERRNO" }],
    };
    expect(answer(profile, "mkdirat", [], "SCMP_ARCH_AARCH64")).toBe(ERRNO | 1);
  });

  test("finds each of hundreds of calls, with jumps over more than 255 instructions", () => {
    const on = architecture("SCMP_ARCH_X86_64");
    const names = [...systemCallNumbers(on).keys()];
    const filter = compileSeccompFilter({
      defaultAction: "SCMP_ACT_KILL",
      syscalls: names.map((name, i) => ({ names: [name], action: "SCMP_ACT_ERRNO", errnoRet: i })),
    });
    expect(filter.length / 8).toBeGreaterThan(3 * 255);
    for (const [name, number] of systemCallNumbers(on)) {
      expect(runFilter(filter, { number, audit: on.audit, args: [] })).toBe(ERRNO | names.indexOf(name));
    }
  });

  test.each<[Partial<SeccompProfile>, string]>([
    [{ defaultAction: "SCMP_ACT_MAYBE" as SeccompAction }, '"SCMP_ACT_MAYBE" is no action'],
    [{ defaultErrnoRet: 3 }, "SCMP_ACT_ALLOW takes no errnoRet"],
    [
      { defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 5000 },
      "errnoRet 5000 of SCMP_ACT_ERRNO is not within 0 to 4095",
    ],
    [{ architectures: ["SCMP_ARCH_VAX" as SeccompArchitecture] }, 'the system calls of "SCMP_ARCH_VAX" are not known'],
    [{ syscalls: [{ names: [], action: "SCMP_ACT_ALLOW" }] }, "a rule names no system call"],
    [comparing({ op: "SCMP_CMP_ODD" as SeccompOperator }), '"SCMP_CMP_ODD" is no operator'],
    [comparing({ index: 6 }), "a call has no argument 6, only 0 to 5"],
    [comparing({ value: 2 ** 60 }), "is no exact unsigned 64-bit number"],
    [comparing({ value: -1 }), "-1 is no exact unsigned 64-bit number"],
  ])("refuses %j", (part, message) => {
    expect(() => compileSeccompFilter({ defaultAction: "SCMP_ACT_ALLOW", ...part })).toThrow(message);
  });

  test("refuses a profile that becomes longer than the kernel takes", () => {
    const rule = (value: number) => comparing({ value, op: "SCMP_CMP_NE" }).syscalls![0]!;
    const syscalls = Array.from({ length: 1000 }, (_, value) => rule(value));
    expect(() => compileSeccompFilter({ defaultAction: "SCMP_ACT_ALLOW", syscalls })).toThrow(
      /takes \d+ instructions, of 4096/,
    );
  });
});

function comparing(part: Partial<SeccompCondition>): Pick<SeccompProfile, "syscalls"> {
  const args: SeccompCondition[] = [{ index: 0, op: "SCMP_CMP_EQ", value: 0, ...part }];
  return { syscalls: [{ names: ["read"], action: "SCMP_ACT_LOG", args }] };
}

/** The definition of a profile, spelled out over big numbers. */
function evaluate(profile: SeccompProfile, name: string, args: bigint[], bits: 32 | 64): number {
  for (const rule of profile.syscalls!) {
    if (!rule.names.includes(name)) continue;
    const conditions = rule.args!.map((condition) => holds(condition, args, bits));
    const repeated = new Set(rule.args!.map(({ index }) => index)).size < conditions.length;
    if (repeated ? conditions.includes(true) : !conditions.includes(false)) return RESULTS[rule.action]!;
  }
  return RESULTS[profile.defaultAction]!;
}

function holds({ index, op, value, valueTwo = 0 }: SeccompCondition, args: bigint[], bits: 32 | 64): boolean {
  const [argument, first, second] = [args[index]!, BigInt(value), BigInt(valueTwo)].map((n) => BigInt.asUintN(bits, n));
  const operators: Record<SeccompOperator, boolean> = {
    SCMP_CMP_NE: argument! !== first!,
    SCMP_CMP_LT: argument! < first!,
    SCMP_CMP_LE: argument! <= first!,
    SCMP_CMP_EQ: argument! === first!,
    SCMP_CMP_GE: argument! >= first!,
    SCMP_CMP_GT: argument! > first!,
    SCMP_CMP_MASKED_EQ: (argument! & first!) === second!,
  };
  return operators[op];
}

const RESULTS: Partial<Record<SeccompAction, number>> = {
  SCMP_ACT_KILL_PROCESS: KILL_PROCESS,
  SCMP_ACT_TRAP: 0x0003_0000,
  SCMP_ACT_ERRNO: ERRNO | 1,
  SCMP_ACT_ALLOW: ALLOW,
  SCMP_ACT_NOTIFY: 0x7fc0_0000,
};

/** Numbers that often meet: few, around the border of the halves, and both halves of them. */
const word = fc.constantFrom(0n, 1n, 2n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn);
const number64 = fc.tuple(word, word).map(([high, low]) => (high << 32n) | low);
const calls = ["read", "write", "openat", "mkdirat", "futex", "execve", "bpf", "openat2"];
const action = fc.constantFrom(...(Object.keys(RESULTS) as SeccompAction[]));
const condition = fc.record<SeccompCondition>({
  index: fc.nat({ max: 5 }),
  value: number64,
  valueTwo: number64,
  op: fc.constantFrom(
    ...(["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"].map((op) => `SCMP_CMP_${op}`) as SeccompOperator[]),
  ),
});
const rule = fc.record({
  names: fc.subarray(calls, { minLength: 1 }),
  action,
  args: fc.array(condition, { maxLength: 4 }),
});
const profiles: fc.Arbitrary<SeccompProfile> = fc.record({
  defaultAction: action,
  architectures: fc.constant(ALL),
  syscalls: fc.array(rule, { maxLength: 12 }),
});

describe("a compiled filter", () => {
  test("answers as the profile defines, whatever the profile", () => {
    const args = fc.array(number64, { minLength: 6, maxLength: 6 });
    const property = fc.property(profiles, fc.array(args, { minLength: 1, maxLength: 8 }), (profile, argumentLists) => {
      const filter = compileSeccompFilter(profile);
      for (const on of ALL.map(architecture)) {
        const numbers = systemCallNumbers(on);
        for (const name of calls) {
          for (const list of argumentLists) {
            const got = runFilter(filter, { number: numbers.get(name)!, audit: on.audit, args: list });
            expect(got).toBe(evaluate(profile, name, list, on.bits));
          }
        }
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
});
