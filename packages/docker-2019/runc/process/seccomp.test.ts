import type { LinuxSeccomp } from "@eras/oci-spec/runtime/config-seccomp.ts";
import { describe, expect, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";
import { loadSeccomp } from "./seccomp.ts";

const NOTIFY_MKDIR: LinuxSeccomp = {
  defaultAction: "SCMP_ACT_ALLOW",
  listenerPath: "/run/agent.sock",
  listenerMetadata: "data",
  syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY" }],
};

describe("loadSeccomp()", () => {
  test("passes over architectures that this machine can't have", () => {
    const architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS", "SCMP_ARCH_S390X"] as const;
    const { program } = loadSeccomp({ defaultAction: "SCMP_ACT_ALLOW", architectures });
    expect(program).toEqual(loadSeccomp({ defaultAction: "SCMP_ACT_ALLOW" }).program);
  });

  test("passes over an error beside a default that gives none", () => {
    const { program } = loadSeccomp({ defaultAction: "SCMP_ACT_ALLOW", defaultErrnoRet: 3 });
    expect(program).toEqual(loadSeccomp({ defaultAction: "SCMP_ACT_ALLOW" }).program);
  });

  test("asks for a listener where calls are to be decided by one", () => {
    const flags = ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG"] as const;
    expect(loadSeccomp({ ...NOTIFY_MKDIR, flags })).toMatchObject({
      flags: ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_NEW_LISTENER"],
      listener: { path: "/run/agent.sock", metadata: "data" },
    });
  });

  test.each<[string, LinuxSeccomp]>([
    ["listenerPath is not set", { ...NOTIFY_MKDIR, listenerPath: "" }],
    ["SCMP_ACT_NOTIFY cannot be used as default action", { defaultAction: "SCMP_ACT_NOTIFY" }],
    [
      "SCMP_ACT_NOTIFY cannot be used for the write syscall",
      { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["write"], action: "SCMP_ACT_NOTIFY" }] },
    ],
  ])("refuses: %s", (message, profile) => {
    expect(() => loadSeccomp(profile)).toThrow(message);
  });
});

const IMPORTS = `import { mkdirSync } from "node:fs";
  import { prepareExecve } from "@eras/linux/exec.ts";
  import { setNoNewPrivs } from "@eras/linux/prctl.ts";
  import { handOnDescriptors } from "./init/descriptors.ts";
  import { installSeccomp, loadSeccomp } from "./process/seccomp.ts";
  import { setUser } from "./process/user.ts";`;

describe("installSeccomp()", () => {
  test("filters what follows", () => {
    const profile = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 5 }],
    };
    const outcome = inFork(
      IMPORTS,
      `report(installSeccomp(loadSeccomp(${JSON.stringify(profile)})) ?? "no listener");
       try { mkdirSync("/tmp/never"); } catch (error) { report(error.code); }`,
    );
    expect(outcome).toEqual(["no listener", "EIO"]);
  });

  // Each profile as runc 1.1.5 was seen to apply it.
  const errno = (errnoRet: number, ...args: object[]) => ({
    names: ["mkdir"],
    action: "SCMP_ACT_ERRNO",
    errnoRet,
    args,
  });
  const always = { index: 1, op: "SCMP_CMP_GE", value: 0 };
  const allow = { names: ["mkdir"], action: "SCMP_ACT_ALLOW", errnoRet: 7 };
  test.each([
    ["the first of two", "SCMP_ACT_ALLOW", [errno(5), errno(6)], "EIO"],
    ["one without arguments over one with", "SCMP_ACT_ALLOW", [errno(6, always), errno(5)], "EIO"],
    ["any over the default's own action", "SCMP_ACT_ALLOW", [allow, errno(5)], "EIO"],
    ["none of no call", "SCMP_ACT_ALLOW", [{ names: [], action: "SCMP_ACT_ERRNO" }, errno(5)], "EIO"],
  ])("of contradicting rules takes %s", (_, defaultAction, syscalls, expected) => {
    const outcome = inFork(
      IMPORTS,
      `installSeccomp(loadSeccomp(${JSON.stringify({ defaultAction, syscalls })}));
       try { mkdirSync("/tmp/never"); } catch (error) { report(error.code); }`,
    );
    expect(outcome).toEqual([expected]);
  });

  test("can come last, after privileges are gone, and then need allow nothing but the program's own calls", () => {
    const names = [
      "execve",
      "write",
      "exit_group",
      "mmap",
      "brk",
      "arch_prctl",
      "fstat",
      "newfstatat",
      "openat",
      "read",
    ];
    const more = ["pread64", "close", "mprotect", "munmap", "set_tid_address", "set_robust_list", "rseq", "prlimit64"];
    const loader = ["getrandom", "access", "faccessat", "statfs", "uname", "readlinkat"];
    const profile = {
      defaultAction: "SCMP_ACT_KILL_PROCESS",
      syscalls: [{ names: [...names, ...more, ...loader], action: "SCMP_ACT_ALLOW" }],
    };
    const outcome = inFork(
      IMPORTS,
      `const filter = loadSeccomp(${JSON.stringify(profile)});
       setNoNewPrivs();
       setUser({ uid: 1000, gid: 1000, additionalGids: [], home: "/" });
       handOnDescriptors(0);
       const execve = prepareExecve("/bin/echo", ["echo", "alive"], {});
       installSeccomp(filter);
       execve();`,
    );
    expect(outcome).toEqual(["alive"]);
  });

  test("makes a listener, which closes at execve", () => {
    const outcome = inFork(
      `${IMPORTS}
       import { readlinkSync } from "node:fs";`,
      `report(readlinkSync("/proc/self/fd/" + installSeccomp(loadSeccomp(${JSON.stringify(NOTIFY_MKDIR)}))));`,
    );
    expect(outcome).toEqual(["anon_inode:seccomp notify"]);
  });
});
