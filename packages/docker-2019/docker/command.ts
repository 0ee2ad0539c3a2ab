/**
 * Commands: what a command line may say, and what is done then. `parser.ts` makes commander's parser of it.
 *
 *     docker [global flags] GROUP COMMAND [flags] ARGUMENTS       docker container run --rm busybox true
 *     docker [global flags] COMMAND [flags] ARGUMENTS             docker run --rm busybox true
 */
import { Option } from "commander";
import { FlagError } from "./flag-words.ts";
import type { Session } from "./session.ts";

/** A command line that has been read. */
export interface Invocation<Flags extends object> {
  readonly flags: Flags;
  readonly args: readonly string[];
  readonly docker: Session;
}

/** How many arguments a command takes. */
export interface ArgumentCount {
  readonly min: number;
  /** Left out: any number. */
  readonly max?: number;
}

export const NO_ARGUMENTS: ArgumentCount = { min: 0, max: 0 };
export const ONE_ARGUMENT: ArgumentCount = { min: 1, max: 1 };
export const ONE_OR_MORE: ArgumentCount = { min: 1 };

export interface Leaf<Flags extends object = object> {
  /** What follows the name, as help says it: `[OPTIONS] IMAGE [COMMAND] [ARG...]`. */
  readonly usage: string;
  readonly arguments: ArgumentCount;
  readonly options?: readonly Option[];
  /** What it does, as its help says it; left out, that is what the list of commands says. */
  readonly description?: string;
  /** For its help. */
  readonly examples?: string;
  /** The first argument ends the flags: what comes after it belongs to the program that a container runs. */
  readonly passThrough?: boolean;
  run(call: Invocation<Flags>): Promise<void>;
}

/** Declares a command. The flags' type is its own affair. */
export function leaf<Flags extends object>(declared: Leaf<Flags>): Leaf {
  return declared as Leaf; // commander makes the flags, of the options that stand beside them
}

/** A flag with a value: `-w, --workdir <string>`. Its value is undefined when it is not given. */
export function flag(flags: string, description: string): Option {
  return plain(new Option(flags, description));
}

/** A flag whose value means something, or nothing at all: then `parse` throws. */
export function parsedFlag<Value>(flags: string, description: string, parse: (text: string) => Value): Option {
  const option = flag(flags, description);
  return option.argParser((text: string) => explained(option, text, parse));
}

/** A flag that is there or not: `-t, --tty`. Commander must see ` [bool]` to take `--tty=false`. */
export function booleanFlag(flags: string, description: string, otherwise = false): Option {
  return parsedFlag(`${flags} [bool]`, description, parseBoolean).default(otherwise);
}

/** A flag of Docker's that is not here. Help doesn't name it; who gives it is told why. */
export function refusedFlag(flags: string, why: string): Option {
  return parsedFlag(flags, "", () => {
    throw new Error(why);
  }).hideHelp();
}

/** A flag that may come more than once. */
export function listFlag<Value = string>(
  flags: string,
  description: string,
  parse: (text: string) => Value = (text) => text as Value, // then Value is string
): Option {
  const option = flag(flags, description).default([]);
  return option.argParser((text: string, before: readonly Value[]) => [...before, explained(option, text, parse)]);
}

/** `--filter label=a`, which a query says as JSON. */
export function filterFlag(flags: string, description: string): Option {
  return listFlag(flags, description, (text) => {
    if (!text.includes("=")) throw new Error("bad format of filter (expected name=value)");
    return text;
  });
}

/** A flag whose value is a whole number. */
export function numberFlag(flags: string, description: string): Option {
  return parsedFlag(flags, description, parseWholeNumber);
}

/** `--no-trunc` is a flag of that name, and not the opposite of `--trunc`. */
function plain(option: Option): Option {
  option.negate = false;
  return option;
}

/** @throws {FlagError} In pflag's words. */
function explained<Value>(option: Option, text: string, parse: (text: string) => Value): Value {
  try {
    return parse(text);
  } catch (error) {
    const names = [option.short, option.long].filter(Boolean).join(", ");
    throw new FlagError(`invalid argument ${JSON.stringify(text)} for "${names}" flag: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** @see https://pkg.go.dev/strconv#ParseInt */
export function parseWholeNumber(text: string): number {
  if (!/^[-+]?\d+$/.test(text)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  1: true,
  t: true,
  T: true,
  true: true,
  TRUE: true,
  True: true,
  0: false,
  f: false,
  F: false,
  false: false,
  FALSE: false,
  False: false,
};

/** Whether an environment variable says yes. */
export const isTrue = (text: string): boolean => BOOLEANS[text] ?? false;

/** @see https://pkg.go.dev/strconv#ParseBool */
function parseBoolean(value: string): boolean {
  const parsed = BOOLEANS[value];
  if (parsed === undefined) throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
  return parsed;
}
