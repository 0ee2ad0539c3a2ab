/**
 * Flags in the way of Go's programs, which no parser for Node knows: `-bundle`, `--bundle`, `--bundle=DIR`, `--bundle DIR`, `-b DIR`,
 * `--detach=false`.
 *
 * @see https://pkg.go.dev/flag#hdr-Command_line_flag_syntax
 */
import type { Flag, Flags, FlagValues } from "./command.ts";

/** The command line can't be understood; the usage goes with it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** A flag, or how many arguments there are. */
  readonly wrong: "flag" | "count";

  constructor(message: string, wrong: "flag" | "count" = "flag") {
    super(message);
    this.wrong = wrong;
  }
}

/** What was found. */
export interface ParsedFlags<F extends Flags> {
  readonly flags: FlagValues<F>;
  readonly args: readonly string[];
  readonly help: boolean;
}

interface ParseOptions {
  /** Nothing is a flag after the first argument. */
  readonly flagsFirst: boolean;
}

const HELP: ReadonlySet<string> = new Set(["help", "h"]);

type Value = boolean | number | string;

/** What a flag means that stands alone; one of another type takes the next word. */
const WITHOUT_VALUE: { readonly [type in Flag["type"]]?: string } = { boolean: "true", optional: "" };

/** @throws {UsageError} For an unknown flag, a missing value, a number that is none. */
export function parseFlags<const F extends Flags>(
  known: F,
  words: readonly string[],
  { flagsFirst }: ParseOptions,
): ParsedFlags<F> {
  const values: Record<string, Value | Value[]> = defaultsOf(known);
  const args: string[] = [];
  let help = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const isArgument = !isFlag(word) || (args.length > 0 && !isKnown(known, word));
    if (word === "--" || (flagsFirst && !isFlag(word))) {
      args.push(...words.slice(word === "--" ? i + 1 : i));
      break;
    }
    if (isArgument) {
      args.push(word);
      continue;
    }
    const [given, inline] = split(word);
    if (HELP.has(given)) {
      help = true;
      continue;
    }
    const [name, flag] = lookUp(known, given);
    const text = inline ?? WITHOUT_VALUE[flag.type] ?? words[++i];
    if (text === undefined) throw new UsageError(`flag needs an argument: -${given}`);
    const value = parseValue(given, flag, text);
    values[name] = flag.multiple ? [...((values[name] as Value[] | undefined) ?? []), value] : value;
  }
  return { flags: values as FlagValues<F>, args, help };
}

function defaultsOf(known: Flags): Record<string, Value> {
  const withDefault = Object.entries(known).filter(([, flag]) => flag.default !== undefined);
  return Object.fromEntries(withDefault.map(([name, flag]) => [name, flag.default!]));
}

/** "-" alone is an argument: standard input. */
function isFlag(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}

function split(word: string): [name: string, value: string | undefined] {
  const [, name = "", value] = /^--?([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  return [name, value];
}

/** After an argument, what is no flag is another argument: `kill web -9`. */
function isKnown(known: Flags, word: string): boolean {
  const [given] = split(word);
  return HELP.has(given) || find(known, given) !== undefined;
}

function find(known: Flags, given: string): [name: string, flag: Flag] | undefined {
  return Object.entries(known).find(([name, { short }]) => name === given || short === given);
}

function lookUp(known: Flags, given: string): [name: string, flag: Flag] {
  const found = find(known, given);
  if (found === undefined) throw new UsageError(`flag provided but not defined: -${given}`);
  return found;
}

function parseValue(name: string, { type }: Flag, text: string): Value {
  if (type === "string" || type === "optional") return text;
  if (type === "boolean" && /^(?:1|t|true)$/i.test(text)) return true;
  if (type === "boolean" && /^(?:0|f|false)$/i.test(text)) return false;
  if (type === "number" && /^-?\d+$/.test(text)) return Number(text);
  throw new UsageError(`invalid value ${JSON.stringify(text)} for flag -${name}: parse error`);
}
