/** What can't be seen on one machine: other machines, other kernels. The rest is held against the genuine dockerd in test/interop. */
import { describe, expect, test } from "vitest";
import { resolveProfile, type SeccompHost } from "./seccomp.ts";
import { DEFAULT_PROFILE } from "./seccomp-default.ts";

const HERE: SeccompHost = { capabilities: new Set(["CAP_SYS_CHROOT"]), arch: "amd64", kernel: "6.1.0-18-amd64" };

/** Names that are allowed, with or without conditions on their arguments. */
function allowed(host: Partial<SeccompHost>): Set<string> {
  const { syscalls = [] } = resolveProfile(DEFAULT_PROFILE, { ...HERE, ...host })!;
  return new Set(syscalls.filter(({ action }) => action === "SCMP_ACT_ALLOW").flatMap(({ names }) => names));
}

describe("resolveProfile(), of Docker's own profile,", () => {
  test("names the machine and those whose programs it also runs", () => {
    expect(resolveProfile(DEFAULT_PROFILE, HERE)!.architectures).toEqual([
      "SCMP_ARCH_X86_64",
      "SCMP_ARCH_X86",
      "SCMP_ARCH_X32",
    ]);
    expect(resolveProfile(DEFAULT_PROFILE, { ...HERE, arch: "arm64" })!.architectures).toEqual([
      "SCMP_ARCH_AARCH64",
      "SCMP_ARCH_ARM",
    ]);
  });

  test("allows the calls that only one machine has, there", () => {
    expect(allowed({ arch: "arm64" })).toContain("set_tls");
    expect(allowed({ arch: "arm64" })).not.toContain("arch_prctl");
    expect(allowed({})).toContain("arch_prctl");
    expect(allowed({})).not.toContain("set_tls");
  });

  test("allows ptrace from the kernel on in which a tracer can't get around its filter", () => {
    expect(allowed({ kernel: "4.7.9" })).not.toContain("ptrace");
    expect(allowed({ kernel: "4.8.0" })).toContain("ptrace");
    expect(allowed({ kernel: "5.0" })).toContain("ptrace");
  });

  test("looks at the second argument of clone where the first is the stack", () => {
    const cloneOf = (arch: string) =>
      resolveProfile(DEFAULT_PROFILE, { ...HERE, arch })!.syscalls!.filter(({ names }) => names.includes("clone"));
    expect(cloneOf("amd64").map(({ args }) => args![0]!.index)).toEqual([0]);
    expect(cloneOf("s390x").map(({ args }) => args![0]!.index)).toEqual([1]);
  });

  test("opens mount to those who may, and answers clone3 with ENOSYS to the others", () => {
    expect(allowed({})).not.toContain("mount");
    expect(allowed({ capabilities: new Set(["CAP_SYS_ADMIN"]) })).toContain("mount");
    const clone3 = resolveProfile(DEFAULT_PROFILE, HERE)!.syscalls!.find(({ names }) => names.includes("clone3"));
    expect(clone3).toEqual({ names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38 });
  });
});
