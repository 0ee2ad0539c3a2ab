/**
 * Flags, as Go's `flag` package of 2013 reads them.
 *
 *     -a   --a   -a=false       a boolean; never "-a false"
 *     -c text    -c=text        any other flag
 *     --                        ends the flags, as does the first word that is no flag: `run -i base ls -l` leaves -l to ls
 *
 * Short flags do not bundle: `-it` is a flag of its own, and nobody defined it.
 *
 * @see https://pkg.go.dev/flag#hdr-Command_line_flag_syntax
 */
import type { Writable } from "node:stream";

/** A flag's value: its default until `parse` has seen the flag. */
export interface Flag<Value> {
  value: Value;
}

interface Definition extends Flag<boolean | string | number> {
  readonly text: string;
  readonly initial: boolean | string | number;
}

/** The flags of one command, with its usage text. */
export class FlagSet {
  /** What is left after the flags, once parsed. */
  args: string[] = [];
  readonly #stdout: Writable;
  readonly #heading: string;
  readonly #flags = new Map<string, Definition>();

  constructor(stdout: Writable, heading: string) {
    this.#stdout = stdout;
    this.#heading = heading;
  }

  bool(name: string, initial: boolean, text: string): Flag<boolean> {
    return this.#define(name, initial, text);
  }

  string(name: string, initial: string, text: string): Flag<string> {
    return this.#define(name, initial, text);
  }

  int(name: string, initial: number, text: string): Flag<number> {
    return this.#define(name, initial, text);
  }

  /**
   * Reads the flags at the head of `args`.
   *
   * @param minArgs - How many words must be left; `maxArgs`: how many may.
   * @returns False when the usage was asked for, or is the answer to a mistake: stop then.
   */
  parse(args: readonly string[], minArgs = 0, maxArgs = Number.POSITIVE_INFINITY): boolean {
    const rest = [...args];
    try {
      while (this.#parseOne(rest));
    } catch (error) {
      if (!(error instanceof FlagError)) throw error;
      if (error.message) this.#stdout.write(`${error.message}\n`);
      this.usage();
      return false;
    }
    this.args = rest;
    if (rest.length >= minArgs && rest.length <= maxArgs) return true;
    this.usage();
    return false;
  }

  usage(): void {
    const lines = [...this.#flags]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { initial, text }]) => `  -${name}=${JSON.stringify(initial)}: ${text}\n`);
    this.#stdout.write(`${this.#heading}${lines.join("")}`);
  }

  #define<Value extends boolean | string | number>(name: string, initial: Value, text: string): Flag<Value> {
    const flag = { value: initial, initial, text };
    this.#flags.set(name, flag);
    return flag;
  }

  #parseOne(rest: string[]): boolean {
    const [, name, value] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(rest[0] ?? "") ?? [];
    if (name === undefined) {
      if (rest[0] === "--") rest.shift();
      else if (/^--?[-=]/.test(rest[0] ?? "")) throw new FlagError(`bad flag syntax: ${rest[0]}`);
      return false;
    }
    rest.shift();
    this.#set(name, value, rest);
    return true;
  }

  #set(name: string, inline: string | undefined, rest: string[]): void {
    const flag = this.#flags.get(name);
    if (!flag && (name === "h" || name === "help")) throw new FlagError("");
    if (!flag) throw new FlagError(`flag provided but not defined: -${name}`);
    if (typeof flag.initial === "boolean") {
      flag.value = booleanOf(name, inline ?? "true");
      return;
    }
    const value = inline ?? rest.shift();
    if (value === undefined) throw new FlagError(`flag needs an argument: -${name}`);
    flag.value = typeof flag.initial === "number" ? integerOf(name, value) : value;
  }
}

/** A mistake in the flags; without a message, a request for help. */
class FlagError extends Error {}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  ...{ "1": true, t: true, T: true, true: true, TRUE: true, True: true },
  ...{ "0": false, f: false, F: false, false: false, FALSE: false, False: false },
};

function booleanOf(name: string, text: string): boolean {
  const value = Object.hasOwn(BOOLEANS, text) ? BOOLEANS[text] : undefined;
  if (value === undefined) throw new FlagError(`invalid boolean value "${text}" for -${name}`);
  return value;
}

function integerOf(name: string, text: string): number {
  if (!/^[-+]?\d{1,9}$/.test(text)) throw new FlagError(`invalid value "${text}" for flag -${name}`);
  return Number(text);
}

/** The flags of the command `name`, to be defined and then parsed. Usage and mistakes are told on the command's own output. */
export function subcmd(stdout: Writable, name: string, signature: string, description: string): FlagSet {
  return new FlagSet(stdout, `\nUsage: docker ${name} ${signature}\n\n${description}\n\n`);
}
