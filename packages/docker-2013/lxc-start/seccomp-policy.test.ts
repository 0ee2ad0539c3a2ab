import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parsePolicy } from "./seccomp-policy.ts";
import { TestContainer } from "./test-container.ts";

const parse = (...lines: string[]) => parsePolicy(lines.join("\n"), "policy");

describe("parsePolicy()", () => {
  test.skipIf(process.arch !== "x64")("reads numbers of version 1", () => {
    expect(parse("1", "whitelist", "0", "231")).toEqual({
      defaultAction: "SCMP_ACT_KILL",
      syscalls: [{ names: ["read", "exit_group"], action: "SCMP_ACT_ALLOW" }],
    });
  });

  test("reads a list of what is refused", () => {
    expect(parse("2", "denylist errno 1", "# comment", "mount", "reboot kill", "acct errno 38", "swapon trap")).toEqual(
      {
        defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [
          { names: ["mount"], action: "SCMP_ACT_ERRNO", errnoRet: 1 },
          { names: ["reboot"], action: "SCMP_ACT_KILL" },
          { names: ["acct"], action: "SCMP_ACT_ERRNO", errnoRet: 38 },
          { names: ["swapon"], action: "SCMP_ACT_TRAP" },
        ],
      },
    );
  });

  test("kills where no word says how to refuse", () => {
    expect(parse("2", "blacklist", "mount").syscalls).toEqual([{ names: ["mount"], action: "SCMP_ACT_KILL" }]);
    expect(parse("2", "whitelist", "read")).toEqual({
      defaultAction: "SCMP_ACT_KILL",
      syscalls: [{ names: ["read"], action: "SCMP_ACT_ALLOW" }],
    });
    expect(parse("2", "allowlist errno 5", "read")).toMatchObject({
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrnoRet: 5,
    });
  });

  test("reads conditions on arguments", () => {
    const policy = parse(
      "2",
      "denylist",
      "ioctl errno 1 [1,0x5412,SCMP_CMP_EQ],[2,7,SCMP_CMP_GT]",
      "umount2 errno 13 [1,1,SCMP_CMP_MASKED_EQ,3]",
    );
    expect(policy.syscalls!.map(({ args }) => args)).toEqual([
      [
        { index: 1, value: 0x5412n, op: "SCMP_CMP_EQ" },
        { index: 2, value: 7n, op: "SCMP_CMP_GT" },
      ],
      [{ index: 1, value: 3n, valueTwo: 1n, op: "SCMP_CMP_MASKED_EQ" }],
    ]);
  });

  test("leaves out sections of other architectures", () => {
    const ours = process.arch === "x64" ? "x86_64" : "arm64";
    const { syscalls } = parse("2", "denylist", "a", "[mips]", "b", `[${ours}]`, "c", "[x86]", "d", "[all]", "e");
    expect(syscalls!.flatMap(({ names }) => names)).toEqual(["a", "c", "e"]);
  });

  test.each([
    [[], 'policy: a policy starts with "1"'],
    [["3", "whitelist"], 'policy:1: a policy starts with "1"'],
    [["1", "blacklist"], 'policy:1: a policy starts with "1"'],
    [["1", "whitelist", "read"], 'policy:3: "read" is not the number of a system call'],
    [["1", "whitelist", "99999"], 'policy:3: "99999" is not the number of a system call'],
    [["2", "greylist"], 'policy:2: "greylist" is neither allowlist nor denylist'],
    [["2", "denylist maybe"], 'policy:2: "maybe" is not errno N'],
    [["2", "denylist", "", "mount perhaps"], 'policy:4: "perhaps" is not errno N'],
    [["2", "denylist", "mount [9,1,SCMP_CMP_EQ]"], 'policy:3: "[9,1,SCMP_CMP_EQ]" is not of the form'],
    [["2", "denylist", "mount [1,1,EQ]"], 'policy:3: "[1,1,EQ]" is not of the form'],
  ])("refuses %j", (lines, message) => {
    expect(() => parse(...lines)).toThrow(message);
  });
});

describe("lxc.seccomp", () => {
  let container: TestContainer;
  beforeAll(() => {
    container = new TestContainer();
  });
  afterAll(() => container.remove());

  function policy(...lines: string[]): string[] {
    const path = join(container.dir, "policy");
    writeFileSync(path, `${lines.join("\n")}\n`);
    return [`lxc.seccomp = ${path}`];
  }

  test("refuses listed calls with an error, without no_new_privs", async () => {
    const script = "mkdir /tmp/x; grep -E 'Seccomp:|NoNewPrivs:' /proc/self/status";
    const { stdout, stderr } = await container.sh(
      script,
      policy("2", "denylist", "[all]", "mkdir errno 28", "mkdirat errno 28"),
    );
    expect(stderr).toMatch(/No space left on device/);
    expect(stdout).toBe("NoNewPrivs:\t0\nSeccomp:\t2\n");
  });

  test("ends the program at a call that kills", async () => {
    const { code } = await container.start(policy("2", "denylist", "mkdir kill", "mkdirat kill"), ["mkdir", "/tmp/y"])
      .result;
    expect(code).toBe(128 + 31); // SIGSYS
  });

  test("starts a program under a list that allows little more than itself", async () => {
    const calls = [
      "execve",
      "brk",
      "arch_prctl",
      "set_tid_address",
      "set_robust_list",
      "rseq",
      "prlimit64",
      "readlink",
      "readlinkat",
    ];
    const more = [
      "getrandom",
      "mprotect",
      "prctl",
      "getuid",
      "getgid",
      "setuid",
      "setgid",
      "exit_group",
      "uname",
      "mmap",
      "newfstatat",
      "fstat",
    ];
    const { code, stderr } = await container.start(policy("2", "allowlist", ...calls, ...more), ["true"]).result;
    expect([code, stderr]).toEqual([0, ""]);
  });

  test("tells where a policy is wrong, and starts nothing", async () => {
    const { code, stderr } = await container.sh("echo started", policy("2", "denylist", "mount maybe"));
    expect([code, stderr]).toEqual([
      255,
      `lxc-start: ${container.dir}/policy:3: "maybe" is not errno N, kill, trap or allow\n`,
    ]);
  });
});
