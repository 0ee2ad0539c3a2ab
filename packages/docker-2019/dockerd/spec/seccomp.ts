/**
 * Which system calls a container may make.
 *
 * A profile has rules with conditions: on the container's capabilities, the machine, the kernel. The runtime knows nothing of them; it gets
 * those rules alone that hold for this container.
 *
 * @see https://docs.docker.com/engine/security/seccomp/
 */
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import type {
  LinuxSeccomp,
  LinuxSeccompAction,
  LinuxSeccompArch,
  LinuxSeccompArg,
  LinuxSyscall,
} from "@eras/oci-spec/runtime/config-seccomp.ts";
import { DEFAULT_PROFILE } from "./seccomp-default.ts";
import { parseSecurityOptions } from "./security-opt.ts";
import type { SpecParts } from "./spec.ts";

/** A profile as `--security-opt seccomp=FILE` has it. */
export interface SeccompProfile {
  readonly defaultAction?: LinuxSeccompAction;
  /** Either these, or… */
  readonly architectures?: readonly LinuxSeccompArch[] | null;
  /** …by machine: which others it also runs the programs of. */
  readonly archMap?: readonly ArchitectureWithSubs[] | null;
  readonly syscalls?: readonly SeccompRule[] | null;
}

interface ArchitectureWithSubs {
  readonly architecture: LinuxSeccompArch;
  readonly subArchitectures?: readonly LinuxSeccompArch[] | null;
}

export interface SeccompRule {
  /** One name, as of old, or several. */
  readonly name?: string;
  readonly names?: readonly string[];
  readonly action: LinuxSeccompAction;
  readonly errnoRet?: number;
  readonly args?: readonly LinuxSeccompArg[] | null;
  /** The rule holds only where all of this is so… */
  readonly includes?: SeccompCondition;
  /** …and none of this. */
  readonly excludes?: SeccompCondition;
}

export interface SeccompCondition {
  readonly caps?: readonly string[] | null;
  /** As Go calls machines: `amd64`, `arm64`. */
  readonly arches?: readonly string[] | null;
  /** `4.8` */
  readonly minKernel?: string;
}

/** What a rule's conditions are held against. */
export interface SeccompHost {
  readonly capabilities: ReadonlySet<string>;
  readonly arch: string;
  /** `6.18.5-arch1` */
  readonly kernel: string;
}

const UNCONFINED = "unconfined";
const ARCHES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };
const NATIVE: Readonly<Record<string, LinuxSeccompArch>> = { amd64: "SCMP_ARCH_X86_64", arm64: "SCMP_ARCH_AARCH64" };

/** Call it when the capabilities are there. @throws {InvalidArgument} When a profile of the user's is no profile. */
export function addSeccomp(spec: Spec, { hostConfig, daemon }: SpecParts): Spec {
  const { seccompProfile } = parseSecurityOptions(hostConfig.SecurityOpt);
  if (seccompProfile === UNCONFINED || hostConfig.Privileged) return spec;
  if (!kernelHasFilters()) {
    if (!seccompProfile) return spec;
    throw new InvalidArgument("seccomp is not enabled in your kernel, cannot run a custom seccomp profile");
  }
  const text = seccompProfile || daemon.seccompProfile;
  const profile = text ? parseProfile(text) : DEFAULT_PROFILE;
  const seccomp = resolveProfile(profile, {
    capabilities: new Set(spec.process?.capabilities?.bounding),
    arch: ARCHES[process.arch] ?? process.arch,
    kernel: release(),
  });
  return seccomp === undefined ? spec : { ...spec, linux: { ...spec.linux, seccomp } };
}

/** A kernel without them shows no such line. */
function kernelHasFilters(): boolean {
  return readFileSync("/proc/self/status", "utf8").includes("\nSeccomp:");
}

function parseProfile(text: string): SeccompProfile {
  let profile: unknown;
  try {
    profile = JSON.parse(text);
  } catch (cause) {
    throw new InvalidArgument(`Decoding seccomp profile failed: ${(cause as Error).message}`, { cause });
  }
  if (typeof profile !== "object" || profile === null || Array.isArray(profile))
    throw new InvalidArgument("Decoding seccomp profile failed: it is not an object");
  return profile as SeccompProfile; // the runtime checks names, actions and operators
}

/** The rules that hold. Undefined when the profile says nothing: then all calls are allowed. @throws {InvalidArgument} */
export function resolveProfile(profile: SeccompProfile, host: SeccompHost): LinuxSeccomp | undefined {
  const rules = profile.syscalls ?? [];
  if (!profile.defaultAction && rules.length === 0) return undefined;
  const architectures = architecturesOf(profile, host);
  const syscalls = rules.filter((rule) => holds(rule, host)).map(flat);
  return {
    defaultAction: profile.defaultAction ?? ("" as LinuxSeccompAction), // the runtime refuses it
    ...(architectures.length > 0 && { architectures }),
    ...(syscalls.length > 0 && { syscalls }),
  };
}

function architecturesOf(
  { architectures, archMap }: SeccompProfile,
  { arch }: SeccompHost,
): readonly LinuxSeccompArch[] {
  if (architectures?.length && archMap?.length)
    throw new InvalidArgument(
      "'architectures' and 'archMap' were specified in the seccomp profile, use either 'architectures' or 'archMap'",
    );
  if (architectures?.length) return architectures;
  const own = archMap?.find(({ architecture }) => architecture === NATIVE[arch]);
  return own ? [own.architecture, ...(own.subArchitectures ?? [])] : [];
}

function holds({ includes = {}, excludes = {} }: SeccompRule, host: SeccompHost): boolean {
  const { capabilities, arch, kernel } = host;
  const isExcluded =
    excludes.arches?.includes(arch) ||
    excludes.caps?.some((name) => capabilities.has(name)) ||
    (excludes.minKernel !== undefined && isAtLeast(kernel, excludes.minKernel));
  if (isExcluded) return false;
  const isForArch = !includes.arches?.length || includes.arches.includes(arch);
  const hasAll = (includes.caps ?? []).every((name) => capabilities.has(name));
  return isForArch && hasAll && (includes.minKernel === undefined || isAtLeast(kernel, includes.minKernel));
}

/** @throws {InvalidArgument} When what is asked for isn't `VERSION.MAJOR`. */
function isAtLeast(kernel: string, wanted: string): boolean {
  const [version, major] = numbersOf(kernel);
  const [wantedVersion, wantedMajor] = numbersOf(wanted);
  return version !== wantedVersion ? version > wantedVersion : major >= wantedMajor;
}

function numbersOf(version: string): [number, number] {
  const match = /^(\d+)\.(\d+)/.exec(version);
  if (match === null) throw new InvalidArgument(`invalid kernel version: ${JSON.stringify(version)}`);
  return [Number(match[1]), Number(match[2])];
}

function flat({ name, names = [], action, errnoRet, args }: SeccompRule): LinuxSyscall {
  if (name && names.length > 0)
    throw new InvalidArgument("'name' and 'names' were specified in the seccomp profile, use either 'name' or 'names'");
  return {
    names: name ? [name] : names,
    action,
    ...(errnoRet !== undefined && { errnoRet }),
    ...(args?.length && { args: args.map(withoutZero) }),
  };
}

/** Left out where Go leaves it out. */
function withoutZero({ valueTwo, ...arg }: LinuxSeccompArg): LinuxSeccompArg {
  return { ...arg, ...(valueTwo && { valueTwo }) };
}
