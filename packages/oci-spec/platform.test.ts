import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidArgument } from "./errdefs.ts";
import {
  armVariant,
  formatPlatform,
  hostPlatform,
  normalizePlatform,
  parsePlatform,
  platformsRunBy,
  samePlatform,
} from "./platform.ts";

const host = hostPlatform();

describe("parsePlatform()", () => {
  test.each([
    ["linux/amd64", "linux/amd64"],
    ["Linux/x86_64", "linux/amd64"],
    ["linux/x86-64/v1", "linux/amd64"],
    ["linux/amd64/v3", "linux/amd64/v3"],
    ["linux/i386", "linux/386"],
    ["linux/arm64/v8", "linux/arm64"],
    ["linux/aarch64", "linux/arm64"],
    ["linux/arm64/v9", "linux/arm64/v9"],
    ["linux/arm", "linux/arm/v7"],
    ["linux/arm/6", "linux/arm/v6"],
    ["linux/armhf", "linux/arm/v7"],
    ["linux/armel", "linux/arm/v6"],
    ["macos/arm64", "darwin/arm64"],
    ["linux/s390x", "linux/s390x"],
    ["plan8/z80", "plan8/z80"],
    ["riscv64", `${host.os}/riscv64`],
    ["armhf", `${host.os}/arm/v7`],
    ["windows", `windows/${formatPlatform(normalizePlatform(host)).split("/").slice(1).join("/")}`],
  ])("reads %s as %s", (text, normal) => expect(formatPlatform(parsePlatform(text))).toBe(normal));

  test.each(["", "/", "linux/", "linux/amd64/v1/x", "linux/*", "a b/c", "linux/amd64/", "../../x"])(
    "refuses %j",
    (text) =>
      expect(() => parsePlatform(text)).toThrow(
        new InvalidArgument(`Cannot parse platform "${text}": it is not os/architecture/variant`),
      ),
  );
  test("refuses a word that it does not know", () =>
    expect(() => parsePlatform("z80")).toThrow("unknown operating system or architecture"));
});

describe("normalizePlatform()", () => {
  const word = fc.constantFrom(
    "linux",
    "macos",
    "x86_64",
    "aarch64",
    "arm",
    "armhf",
    "arm64",
    "i386",
    "8",
    "v8",
    "7",
    "v1",
    "",
  );
  test("changes nothing the second time", () => {
    fc.assert(
      fc.property(word, word, word, (os, architecture, variant) => {
        const once = normalizePlatform({ os, architecture, variant });
        expect(normalizePlatform(once)).toEqual(once);
      }),
    );
  });
  test("keeps what it does not look at", () =>
    expect(normalizePlatform({ os: "windows", architecture: "amd64", "os.version": "10.0" })).toEqual({
      os: "windows",
      architecture: "amd64",
      "os.version": "10.0",
    }));
});

describe("samePlatform()", () => {
  test("sees through names", () =>
    expect(samePlatform({ os: "linux", architecture: "arm64", variant: "v8" }, parsePlatform("linux/aarch64"))).toBe(
      true,
    ));
  test("tells variants apart", () =>
    expect(samePlatform(parsePlatform("linux/arm/v6"), parsePlatform("linux/arm/v7"))).toBe(false));
});

describe("platformsRunBy()", () => {
  test.each([
    ["linux/amd64", "linux/amd64 linux/386"],
    ["linux/amd64/v3", "linux/amd64/v3 linux/amd64/v2 linux/amd64 linux/386"],
    ["linux/arm64", "linux/arm64 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5"],
    ["linux/arm/v6", "linux/arm/v6 linux/arm/v5"],
    ["linux/riscv64", "linux/riscv64"],
  ])("%s runs %s", (text, all) => expect(platformsRunBy(parsePlatform(text)).map(formatPlatform).join(" ")).toBe(all));
});

describe("hostPlatform()", () => {
  test("is the machine that uname(1) names", () => {
    const machine = execFileSync("uname", ["-m"], { encoding: "utf8" }).trim();
    expect(samePlatform(host, normalizePlatform({ os: "linux", architecture: machine }))).toBe(true);
  });
});

describe("armVariant()", () => {
  test.each([
    ["a Cortex-A72", "arm64", "processor\t: 0\nCPU architecture: 8\n", "aarch64", "v8"],
    ["an old kernel's ARM64", "arm64", "CPU architecture: AArch64\n", "aarch64", "v8"],
    ["a Cortex-A7", "arm", "model name\t: ARMv7 Processor rev 5 (v7l)\nCPU architecture: 7\n", "armv7l", "v7"],
    [
      "a Raspberry Pi 1",
      "arm",
      "model name\t: ARMv6-compatible processor rev 7 (v6l)\nCPU architecture: 7\n",
      "armv6l",
      "v6",
    ],
    ["an ARM926EJ-S", "arm", "CPU architecture: 5TEJ\n", "armv5tejl", "v5"],
    ["an emulated one", "arm", "processor\t: 0\nvendor_id\t: GenuineIntel\n", "armv7l", "v7"],
    ["an emulated ARM64", "arm64", "vendor_id\t: GenuineIntel\n", "aarch64", "v8"],
  ])("of %s", (_what, architecture, cpuinfo, machine, variant) =>
    expect(armVariant(architecture, cpuinfo, machine)).toBe(variant),
  );
});
