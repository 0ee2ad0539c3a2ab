/**
 * The five sets of capabilities that config.json gives to the container's program: capabilities(7).
 *
 *     parseCapabilities     in the parent: names become sets; unknown ones are left out and reported
 *     limitBoundingSet      as root still: the most that any program of the container can ever have
 *     applyCapabilities     as the container's user: the other four
 */
import {
  type CapabilitySets,
  capabilityNumber,
  clearAmbient,
  dropBoundingCapability,
  getCapabilities,
  lastCapability,
  raiseAmbient,
  setCapabilities,
} from "@eras/linux/capabilities.ts";
import { isErrno } from "@eras/linux/errno.ts";
import type { LinuxCapabilities, Process } from "@eras/oci-spec/runtime/config.ts";
import { step } from "../../step.ts";
import { log } from "../log.ts";

/** The sets as bits. */
export interface ContainerCapabilities extends CapabilitySets {
  readonly bounding: bigint;
  readonly ambient: bigint;
  /** Of this kernel; bits above it exist nowhere. */
  readonly last: number;
}

/** Sets, and the names that mean nothing here: to be told of, and no reason to fail. */
export interface ParsedCapabilities {
  readonly sets: ContainerCapabilities;
  /** Sorted, each once. */
  readonly unknown: readonly string[];
}

/** The capabilities of a process; names that mean nothing are told of. */
export function capabilitiesOf({ capabilities }: Process): ContainerCapabilities {
  const { sets, unknown } = parseCapabilities(capabilities);
  if (unknown.length > 0) log("warning", unknownCapabilitiesWarning(unknown));
  return sets;
}

/** Reads `process.capabilities`. Who has none gets none. */
export function parseCapabilities(capabilities: LinuxCapabilities = {}): ParsedCapabilities {
  const last = lastCapability();
  const unknown = new Set<string>();
  const set = (names: readonly string[] = []) => names.reduce((bits, name) => bits | bitOf(name, last, unknown), 0n);
  const sets: ContainerCapabilities = {
    bounding: set(capabilities.bounding),
    effective: set(capabilities.effective),
    permitted: set(capabilities.permitted),
    inheritable: set(capabilities.inheritable),
    ambient: set(capabilities.ambient),
    last,
  };
  return { sets, unknown: [...unknown].sort() };
}

/** A newer kernel's capability is as unknown as a misspelled one. */
function bitOf(name: string, last: number, unknown: Set<string>): bigint {
  const number = numberOf(name);
  if (number !== undefined && number <= last) return bit(number);
  unknown.add(name);
  return 0n;
}

/** Only the specification's spelling counts: `CAP_KILL`. */
function numberOf(name: string): number | undefined {
  try {
    return /^CAP_[A-Z_]+$/.test(name) ? capabilityNumber(name) : undefined;
  } catch {
    return undefined;
  }
}

/** What the log says of unknown names. */
export function unknownCapabilitiesWarning(unknown: readonly string[]): string {
  return `ignoring unknown or unavailable capabilities: [${unknown.join(" ")}]`;
}

/**
 * Takes everything else out of the bounding set. We ourselves keep what we have until `applyCapabilities`.
 *
 * Who has no CAP_SETPCAP can't, and needn't: nor can it give anything.
 */
export function limitBoundingSet({ bounding, last }: ContainerCapabilities): void {
  if (!has(getCapabilities().effective, capabilityNumber("CAP_SETPCAP"))) return;
  for (let number = 0; number <= last; number++) {
    if (!has(bounding, number)) dropBoundingCapability(number);
  }
}

/**
 * Takes on the other four sets. Nothing can grow any more afterwards.
 *
 * @throws {Error} When we lack what is to be permitted ourselves.
 */
export function applyCapabilities(sets: ContainerCapabilities): void {
  step("runc.apply-capabilities");
  try {
    setCapabilities(sets);
  } catch (error) {
    if (!isErrno(error, "EPERM")) throw error;
    throw new Error("unable to apply caps: operation not permitted", { cause: error });
  }
  clearAmbient();
  for (let number = 0; number <= sets.last; number++) {
    if (has(sets.ambient & sets.permitted & sets.inheritable, number)) raiseAmbient(number); // runc passes over others too
  }
}

function has(set: bigint, number: number): boolean {
  return (set & bit(number)) !== 0n;
}

function bit(number: number): bigint {
  return 1n << BigInt(number);
}
