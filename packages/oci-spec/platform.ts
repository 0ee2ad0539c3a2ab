/**
 * Platforms: which machine and which operating system an image is for, in Go's words.
 *
 *     linux/amd64     linux/arm64/v8     linux/arm/v7     os/architecture[/variant]
 *
 * People and kernels have more than one name for some (x86_64, aarch64, armhf); compared are only normal ones.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.0.1/image-index.md#platform-variants
 * @see https://github.com/containerd/containerd/blob/v1.2.6/platforms/platforms.go
 */
import { readFileSync } from "node:fs";
import { machine } from "node:os";
import { InvalidArgument } from "./errdefs.ts";
import { show } from "./findings.ts";

/** As descriptors and image configs have it. */
export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly "os.version"?: string;
  readonly "os.features"?: readonly string[];
  readonly variant?: string;
}

const OPERATING_SYSTEMS = new Set(
  "aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris windows".split(" "),
);
const ARCHITECTURES = new Set(
  "386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc64 ppc64le riscv64 s390x sparc64 wasm".split(" "),
);

/** Node's names that aren't Go's. */
const GOARCH: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", mipsel: "mipsle" };

/**
 * Reads `os/architecture/variant`, `os/architecture`, or one of os and architecture alone, where the host's completes it.
 *
 * @throws {InvalidArgument} When it isn't one, or the one word is neither a known system nor a known architecture.
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split("/");
  if (parts.length > 3 || !parts.every((part) => /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(part)))
    throw new InvalidArgument(`Cannot parse platform ${show(text)}: it is not os/architecture/variant`);
  const [first = "", architecture, variant] = parts;
  if (architecture !== undefined)
    return normalizePlatform({ os: first, architecture, ...(variant !== undefined && { variant }) });
  return platformOfWord(first);
}

function platformOfWord(word: string): Platform {
  const host = hostPlatform();
  const { os, architecture, variant } = normalizePlatform({ os: word, architecture: word });
  if (OPERATING_SYSTEMS.has(os)) return normalizePlatform({ ...host, os });
  if (ARCHITECTURES.has(architecture)) return { os: host.os, architecture, ...(variant !== undefined && { variant }) };
  throw new InvalidArgument(`Cannot parse platform ${show(word)}: unknown operating system or architecture`);
}

/** The one name of each platform. What need not be said, such as v8 of arm64, is left out; arm is v7 if nothing is said. */
export function normalizePlatform(platform: Platform): Platform {
  const { variant: given, ...rest } = platform;
  const os = platform.os.toLowerCase();
  const [architecture, variant] = normalArchitecture(platform.architecture.toLowerCase(), given?.toLowerCase() ?? "");
  return { ...rest, os: os === "macos" ? "darwin" : os, architecture, ...(variant !== "" && { variant }) };
}

function normalArchitecture(architecture: string, variant: string): readonly [architecture: string, variant: string] {
  switch (architecture) {
    case "i386":
      return ["386", ""];
    case "x86_64":
    case "x86-64":
    case "amd64":
      return ["amd64", variant === "v1" ? "" : variant];
    case "aarch64":
    case "arm64":
      return ["arm64", variant === "8" || variant === "v8" ? "" : variant];
    case "armhf":
      return ["arm", "v7"];
    case "armel":
      return ["arm", "v6"];
    case "arm":
      return ["arm", variant === "" ? "v7" : variant.replace(/^(?=[5-8]$)/, "v")];
    default:
      return [architecture, variant];
  }
}

/** `linux/arm/v7` */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  if (os === "") return "unknown";
  return [os, architecture, variant].filter(Boolean).join("/");
}

/** Whether two are the same system, architecture and variant, by whatever names. */
export function samePlatform(a: Platform, b: Platform): boolean {
  return formatPlatform(normalizePlatform(a)) === formatPlatform(normalizePlatform(b));
}

/** What a machine of this platform runs: itself, and what it is compatible with, the best first. */
export function platformsRunBy(platform: Platform): readonly Platform[] {
  const own = normalizePlatform(platform);
  const { os, architecture, variant = "" } = own;
  const older = ["v7", "v6", "v5"].map((name): Platform => ({ os, architecture: "arm", variant: name }));
  if (architecture === "amd64") {
    const lower = ["v3", "v2"].map((name): Platform => ({ os, architecture, variant: name }));
    const below = lower.filter((one) => (one.variant ?? "") < variant);
    const plain: Platform[] = variant === "" ? [] : [{ os, architecture }];
    return [own, ...below, ...plain, { os, architecture: "386" }];
  }
  if (architecture === "arm64") {
    const plain: Platform[] = variant === "" ? [] : [{ os, architecture }];
    return [own, ...plain, { os, architecture: "arm", variant: "v8" }, ...older];
  }
  if (architecture === "arm") return [own, ...older.filter((one) => (one.variant ?? "") < variant)];
  return [own];
}

/** The platform of this machine, with the variant if it is an ARM. */
export function hostPlatform(): Platform {
  const architecture = GOARCH[process.arch] ?? process.arch;
  const platform = { os: process.platform, architecture };
  if (!architecture.startsWith("arm")) return platform;
  const variant = armVariant(architecture, readFileSync("/proc/cpuinfo", "utf8"), machine());
  return variant === undefined ? platform : { ...platform, variant };
}

/**
 * The variant of an ARM, from what the kernel says of it. /proc/cpuinfo of an emulated one may say nothing, uname(2) always does.
 *
 * @param cpuinfo - /proc/cpuinfo
 * @param machineName - `uname -m`: `aarch64`, `armv7l`.
 */
export function armVariant(architecture: string, cpuinfo: string, machineName: string): string | undefined {
  const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(\\S+)`, "im").exec(cpuinfo)?.[1];
  const version = field("CPU architecture") ?? /^arm(v\d)/.exec(machineName)?.[1] ?? machineName;
  // A Raspberry Pi with an ARMv6 calls itself 7: the model tells.
  if (architecture === "arm" && version === "7" && field("model name")?.toLowerCase().startsWith("armv6-compatible"))
    return "v6";
  if (/^aarch64$/i.test(version)) return "v8";
  const digit = /^v?([3-9])/.exec(version)?.[1];
  return digit === undefined ? undefined : `v${digit}`;
}
