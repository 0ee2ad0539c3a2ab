import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { architecture, type SeccompArchitecture, systemCallNumbers } from "./architectures.ts";

/** The headers of this machine's C library, where they are installed. */
const HEADERS = "/usr/include/x86_64-linux-gnu/asm";
const BY_HEADER: [SeccompArchitecture, string][] = [
  ["SCMP_ARCH_X86_64", "unistd_64.h"],
  ["SCMP_ARCH_X86", "unistd_32.h"],
  ["SCMP_ARCH_X32", "unistd_x32.h"],
];

describe("systemCallNumbers()", () => {
  test.runIf(existsSync(HEADERS)).each(BY_HEADER)("agrees for %s with the kernel's %s", (name, file) => {
    const numbers = systemCallNumbers(architecture(name));
    const header = readFileSync(`${HEADERS}/${file}`, "utf8");
    const defined = [...header.matchAll(/#define __NR_(\w+) (?:\(__X32_SYSCALL_BIT \+ )?(\d+)/g)];
    expect(defined.length).toBeGreaterThan(300);
    const { numberBit } = architecture(name);
    for (const [, call, number] of defined)
      expect([call, numbers.get(call!)]).toEqual([call, Number(number) + numberBit]);
  });

  test.each<[SeccompArchitecture, string, number]>([
    ["SCMP_ARCH_X86_64", "execve", 59],
    ["SCMP_ARCH_X86", "execve", 11],
    ["SCMP_ARCH_X32", "execve", 0x4000_0000 + 520],
    ["SCMP_ARCH_AARCH64", "execve", 221],
    ["SCMP_ARCH_ARM", "execve", 11],
    ["SCMP_ARCH_ARM", "set_tls", 0xf_0005],
    ["SCMP_ARCH_AARCH64", "openat2", 437],
    ["SCMP_ARCH_ARM", "openat2", 437],
  ])("of %s knows %s", (name, call, number) => {
    expect(systemCallNumbers(architecture(name)).get(call)).toBe(number);
  });

  test("gives each call its own number", () => {
    const numbers = [...systemCallNumbers(architecture("SCMP_ARCH_ARM")).values()];
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
