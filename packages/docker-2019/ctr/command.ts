/**
 * Commands: what a command line may say, and what is done then. `main.ts` makes the parser of it.
 *
 *     ctr [global flags] GROUP COMMAND [flags] ARGUMENTS          ctr images pull --plain-http localhost:5000/web:1
 *     ctr [global flags] COMMAND [flags] ARGUMENTS                ctr run --rm docker.io/library/busybox:latest web sh
 *
 * Flags stand before the first argument: what comes after it is not ours, but belongs to the program that a container runs.
 */
import { InvalidArgumentError, Option } from "commander";
import type { Containerd } from "./containerd.ts";

/** A command line that has been read. */
export interface Invocation<Flags extends object> {
  readonly flags: Flags;
  readonly args: readonly string[];
  readonly containerd: Containerd;
}

export interface Leaf<Flags extends object = object> {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** What it does, as help says it. */
  readonly summary: string;
  /** What follows the name, as help says it: `[flags] <ref>`. */
  readonly usage: string;
  readonly options?: readonly Option[];
  /** Whether it has no need of containerd, which then may be down. */
  readonly isLocal?: true;
  run(call: Invocation<Flags>): Promise<void>;
}

export interface Group {
  readonly name: string;
  readonly summary: string;
  /** Flags of all its commands. */
  readonly options?: readonly Option[];
  readonly commands: readonly (Leaf | Group)[];
}

/** Declares a command. The flags' type is its own affair. */
export function leaf<Flags extends object>(declared: Leaf<Flags>): Leaf {
  return declared as Leaf; // commander makes the flags, of the options that stand beside them
}

/** A container has ended, and its status becomes ctr's. */
export class ContainerExit extends Error {
  override readonly name = "ContainerExit";
  readonly status: number;

  constructor(status: number) {
    super(`the container has ended with ${status}`);
    this.status = status;
  }
}

/** A flag with or without a value: `-t, --tty`, `--env <value>`. */
export function flag(flags: string, description: string): Option {
  const option = new Option(flags, description);
  option.negate = false; // `--no-pivot` is a flag of that name, and not the opposite of `--pivot`
  return option;
}

/** A flag that may come more than once. */
export function listFlag(flags: string, description: string): Option {
  return new Option(flags, description)
    .default([])
    .argParser((value: string, before: readonly string[]) => [...before, value]);
}

/** A flag whose value is a number. */
export function numberFlag(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string) => {
    const number = Number(value);
    if (value.trim() === "" || Number.isNaN(number)) throw new InvalidArgumentError("It is no number.");
    return number;
  });
}

/** `a=b` for each; without `=`, the value is empty. */
export function parsePairs(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf("=");
      return equals === -1 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
