import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { inChild, nodeArguments } from "./in-child.ts";
import type { SeccompAction, SeccompOperator, SeccompProfile, SeccompRule } from "./seccomp/profile.ts";
import { call32, call64, exitWithErrno, writeProgram } from "./seccomp/tiny-program.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "seccomp-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** In the child: `install(profile)`, and `call(name, …args)`, which gives the result or the error's name. */
const PRELUDE = `
  import { libcFunction } from "./libc.ts";
  import { compileSeccompFilter, installSeccompFilter } from "./seccomp.ts";
  import { architecture, nativeArchitecture, systemCallNumbers } from "./seccomp/architectures.ts";
  const revive = (key, value) => (key.startsWith("value") ? BigInt(value) : value);
  const install = (profile, flags) => installSeccompFilter(compileSeccompFilter(JSON.parse(profile, revive)), flags);
  const numbers = systemCallNumbers(architecture(nativeArchitecture()));
  const syscall = libcFunction("long syscall(long n, ulong a, ulong b, ulong c, ulong d, ulong e, ulong f)");
  const call = (name, ...args) => {
    try {
      return syscall(numbers.get(name), ...Array.from({ length: 6 }, (_, i) => args[i] ?? 0));
    } catch (error) {
      return error.code;
    }
  };
`;

/** JSON has no 64-bit numbers: values travel as text. */
const encodeProfile = (profile: SeccompProfile) =>
  JSON.stringify(JSON.stringify(profile, (key, value) => (key.startsWith("value") ? String(value) : value)));

function refusing(rule: Partial<SeccompRule>): SeccompProfile {
  const rules = [{ names: ["mkdirat", "mkdir"], action: "SCMP_ACT_ERRNO" as const, ...rule }];
  return { defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"], syscalls: rules };
}
const onMkdir = (action: SeccompAction) => refusing({ action });

/** Runs a child that installs the filter and then tries to make a directory. */
function tryMkdir(profile: SeccompProfile) {
  return inChild(`${PRELUDE}
    const path = Buffer.from("/nonexistent/x\\0");
    const mkdirat = libcFunction("long syscall(long n, long dirFd, void *path, ulong mode)");
    const attempt = () => { try { return mkdirat(numbers.get("mkdirat"), -100, path, 0o755); } catch (error) { return error.code; } };
    report(attempt());
    install(${encodeProfile(profile)});
    report(attempt());
  `);
}

/** Runs it and tells how the child ended. */
async function endingOf(profile: SeccompProfile): Promise<{ code: number | null; signal: string | null }> {
  const source = `${PRELUDE} install(${encodeProfile(profile)}); call("mkdirat"); process.exit(3);`;
  const child = spawn(process.execPath, nodeArguments(source), { cwd: import.meta.dirname, stdio: "inherit" });
  const [code, signal] = await once(child, "exit");
  return { code, signal };
}

describe("installSeccompFilter()", () => {
  describe("makes a call that a rule names", () => {
    test("fail with the rule's error: ERRNO", () => {
      expect(tryMkdir(refusing({ errnoRet: 99 }))).toEqual(["ENOENT", "EADDRNOTAVAIL"]);
      expect(tryMkdir(refusing({}))).toEqual(["ENOENT", "EPERM"]);
    });

    test.each<SeccompAction>(["SCMP_ACT_ALLOW", "SCMP_ACT_LOG"])("go on: %s", (action) => {
      expect(tryMkdir({ ...onMkdir(action), defaultAction: "SCMP_ACT_ALLOW" })).toEqual(["ENOENT", "ENOENT"]);
    });

    test.each<SeccompAction>(["SCMP_ACT_TRACE", "SCMP_ACT_NOTIFY"])("fail when nobody can be asked: %s", (action) => {
      expect(tryMkdir(onMkdir(action))).toEqual(["ENOENT", "ENOSYS"]);
    });

    test("kill the process: KILL_PROCESS", async () => {
      expect(await endingOf(onMkdir("SCMP_ACT_KILL_PROCESS"))).toEqual({ code: null, signal: "SIGSYS" });
    });

    test("raise SIGSYS: TRAP", async () => {
      expect(await endingOf(onMkdir("SCMP_ACT_TRAP"))).toEqual({ code: null, signal: "SIGSYS" });
      const handled = inChild(`${PRELUDE}
        process.on("SIGSYS", (signal) => { report(signal); process.exit(0); });
        install(${encodeProfile(onMkdir("SCMP_ACT_TRAP"))});
        call("mkdirat");
        setInterval(() => {}, 1000);
      `);
      expect(handled).toEqual(["SIGSYS"]);
    });

    test.each<SeccompAction>(["SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD"])("kill the thread alone: %s", async (action) => {
      const source = `${PRELUDE} install(${encodeProfile(onMkdir(action))}); call("mkdirat"); process.exit(3);`;
      const child = spawn(process.execPath, nodeArguments(source), { cwd: import.meta.dirname, stdio: "ignore" });
      const exited = once(child, "exit");
      const mainThread = () => readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]![0];
      await vi.waitFor(() => expect(mainThread()).toBe("Z"), 20_000);
      expect(readdirSync(`/proc/${child.pid}/task`).length).toBeGreaterThan(1); // Node's other threads live on
      child.kill("SIGKILL");
      await exited;
    });

    test("wait for the listener's answer: NOTIFY", () => {
      const asked = inChild(`${PRELUDE}
        import { spawn } from "node:child_process";
        import { once } from "node:events";
        const listener = install(${encodeProfile(onMkdir("SCMP_ACT_NOTIFY"))}, ["SECCOMP_FILTER_FLAG_NEW_LISTENER"]);
        const ioctl = libcFunction("int ioctl(int fd, ulong request, void *argument)");
        const child = spawn("mkdir", ["/nonexistent/x"], { stdio: ["ignore", "ignore", "pipe"] });
        const notification = Buffer.alloc(80); // struct seccomp_notif: id (8), pid (4), flags (4), seccomp_data
        ioctl(listener, 0xc0502100, notification); // SECCOMP_IOCTL_NOTIF_RECV
        report(notification.readUInt32LE(8) === child.pid);
        report([numbers.get("mkdir"), numbers.get("mkdirat")].includes(notification.readUInt32LE(16)));
        const answer = Buffer.alloc(24); // struct seccomp_notif_resp: id (8), value (8), error (4), flags (4)
        notification.copy(answer, 0, 0, 8);
        answer.writeInt32LE(-28, 16); // ENOSPC
        ioctl(listener, 0xc0182101, answer); // SECCOMP_IOCTL_NOTIF_SEND
        const [message] = await once(child.stderr, "data");
        report(String(message).includes("No space left"));
      `);
      expect(asked).toEqual([true, true, true]);
    });
  });

  /** [operator, value, argument that matches, one that doesn't]; the upper half must matter, and not decide alone. */
  const OPERATORS: [SeccompOperator, bigint, bigint[], bigint[]][] = [
    ["SCMP_CMP_EQ", 0x5_0000_0007n, [0x5_0000_0007n], [0x7n, 0x5_0000_0008n, 0x6_0000_0007n]],
    ["SCMP_CMP_NE", 0x5_0000_0007n, [0x7n, 0x5_0000_0008n, 0x6_0000_0007n], [0x5_0000_0007n]],
    ["SCMP_CMP_LT", 0x5_0000_0007n, [0x5_0000_0006n, 0x4_ffff_ffffn, 0n], [0x5_0000_0007n, 0x6_0000_0000n]],
    ["SCMP_CMP_LE", 0x5_0000_0007n, [0x5_0000_0007n, 0x4_ffff_ffffn], [0x5_0000_0008n, 0x6_0000_0000n]],
    ["SCMP_CMP_GT", 0x5_0000_0007n, [0x5_0000_0008n, 0x6_0000_0000n], [0x5_0000_0007n, 0x4_ffff_ffffn]],
    ["SCMP_CMP_GE", 0x5_0000_0007n, [0x5_0000_0007n, 0xffff_ffff_0000_0000n], [0x5_0000_0006n, 0xffff_ffffn]],
    ["SCMP_CMP_MASKED_EQ", 0xf_0000_000fn, [0x35_0000_0037n], [0x37n, 0x35_0000_0038n, 0x36_0000_0037n]],
  ];
  test.each(OPERATORS)("compares 64 bits: %s", (op, value, matching, other) => {
    const args = [{ index: 2, op, value, ...(op === "SCMP_CMP_MASKED_EQ" && { valueTwo: 0x5_0000_0007n }) }];
    const profile = refusing({ names: ["lookup_dcookie"], errnoRet: 500, args });
    const answers = inChild(`${PRELUDE}
      install(${encodeProfile(profile)});
      for (const argument of [${[...matching, ...other].map((n) => `${n}n`)}]) report(call("lookup_dcookie", 0, 0, argument));
    `);
    expect(answers.map((answer) => answer === "E500")).toEqual([
      ...matching.map(() => true),
      ...other.map(() => false),
    ]);
  });

  test("takes a list of hundreds of calls, under which programs run", () => {
    const source = `${PRELUDE}
      import { execve, restoreInheritedState } from "./exec.ts";
      const names = [...numbers.keys()].filter((name) => !name.startsWith("mkdir"));
      const anything = [{ index: 0, op: "SCMP_CMP_GE", value: 0 }];
      const rules = names.map((name, i) => ({ names: [name], action: "SCMP_ACT_ALLOW", args: i % 3 ? [] : anything }));
      const filter = compileSeccompFilter({ defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 28, syscalls: rules });
      process.stderr.write(filter.length / 8 + " instructions\\n");
      restoreInheritedState();
      installSeccompFilter(filter);
      execve("/bin/sh", ["sh", "-c", "ls / && mkdir ${dir}/x"], { PATH: "/usr/bin:/bin" });
    `;
    const { stdout, stderr, status } = spawnSync(process.execPath, nodeArguments(source), {
      cwd: import.meta.dirname,
      encoding: "utf8",
    });
    expect(stdout).toContain("proc");
    expect(Number.parseInt(stderr, 10)).toBeGreaterThan(500);
    expect(stderr).toContain("No space left on device");
    expect(status).toBe(1);
    expect(existsSync(`${dir}/x`)).toBe(false);
  });

  test("holds for the calling thread, with TSYNC for all", () => {
    const filtered = `readdirSync("/proc/self/task").map((id) => readFileSync("/proc/self/task/" + id + "/status", "utf8").match(/Seccomp:\\t(\\d)/)[1])`;
    const states = inChild(`${PRELUDE}
      import { readdirSync, readFileSync } from "node:fs";
      const profile = ${encodeProfile(onMkdir("SCMP_ACT_ERRNO"))};
      install(profile);
      report(new Set(${filtered}).size);
      install(profile, ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"]);
      report([...new Set(${filtered})]);
    `);
    expect(states).toEqual([2, ["2"]]);
  });

  test("needs no_new_privs from who has no rights", () => {
    const outcomes = inChild(`${PRELUDE}
      import { setNoNewPrivs } from "./prctl.ts";
      const profile = ${encodeProfile(onMkdir("SCMP_ACT_ERRNO"))};
      install(profile); // loads what the filter's compiler needs, while we still may
      process.setuid(65534);
      const attempt = () => { try { return install(profile); } catch (error) { return error.message; } };
      report(attempt());
      setNoNewPrivs();
      report(attempt());
    `);
    expect(outcomes).toEqual(["seccomp: EACCES", 0]);
  });

  test("reports what the kernel doesn't take", () => {
    const [message] = inChild(`${PRELUDE}
      try { installSeccompFilter(Buffer.alloc(8)); } catch (error) { report(error.message); }
    `);
    expect(message).toBe("seccomp: EINVAL");
  });
});

describe.runIf(process.arch === "x64")("a filter on x86", () => {
  /** Runs a program of some bytes under a filter; gives its exit code or signal. */
  function runUnder(profile: SeccompProfile, code: number[]): number | string | null {
    const path = join(dir, "program");
    writeProgram(path, code);
    const source = `${PRELUDE}
      import { prepareExecve } from "./exec.ts";
      const execve = prepareExecve("${path}", ["program"], {});
      install(${encodeProfile(profile)});
      execve();
    `;
    const { status, signal } = spawnSync(process.execPath, nodeArguments(source), { cwd: import.meta.dirname });
    return status ?? signal;
  }
  const LOOKUP_DCOOKIE = { x86: 253, x86_64: 212 };
  const X32_BIT = 0x4000_0000;
  const seven = refusing({
    names: ["lookup_dcookie"],
    errnoRet: 99,
    args: [{ index: 0, op: "SCMP_CMP_EQ", value: 7 }],
  });
  const only64: SeccompProfile = { ...seven, architectures: [] };

  test("leaves execve alone when nothing else is allowed: nothing comes between", () => {
    const strict: SeccompProfile = {
      defaultAction: "SCMP_ACT_KILL_PROCESS",
      syscalls: [{ names: ["execve", "exit_group"], action: "SCMP_ACT_ALLOW" }],
    };
    expect(runUnder(strict, [0xb8, 0xf9, 0xff, 0xff, 0xff, ...exitWithErrno])).toBe(7);
    expect(runUnder(strict, [...call64(39, 0n), ...exitWithErrno])).toBe("SIGSYS");
  });

  test("reaches 32-bit calls, whatever is in the other half of the register", () => {
    expect(runUnder(seven, [...call32(LOOKUP_DCOOKIE.x86, 0x7n), ...exitWithErrno])).toBe(99);
    expect(runUnder(seven, [...call32(LOOKUP_DCOOKIE.x86, 0xdead_0000_0007n), ...exitWithErrno])).toBe(99);
    expect(runUnder(seven, [...call32(LOOKUP_DCOOKIE.x86, 8n), ...exitWithErrno])).toBe(38);
  });

  test("reaches calls of x32, of which the kernel may know none", () => {
    expect(runUnder(seven, [...call64(X32_BIT | LOOKUP_DCOOKIE.x86_64, 7n), ...exitWithErrno])).toBe(99);
  });

  test("kills who makes calls of an architecture that isn't listed", () => {
    expect(runUnder(only64, [...call32(LOOKUP_DCOOKIE.x86, 8n), ...exitWithErrno])).toBe("SIGSYS");
    expect(runUnder(only64, [...call64(X32_BIT | LOOKUP_DCOOKIE.x86_64, 8n), ...exitWithErrno])).toBe("SIGSYS");
    expect(runUnder(only64, [...call64(LOOKUP_DCOOKIE.x86_64, 8n), ...exitWithErrno])).toBe(38);
  });
});
