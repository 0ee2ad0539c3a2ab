/**
 * Flags as Docker's readers write them, in the one form that commander reads like Go's pflag does:
 *
 *     -it -e A=1 -p80:80 --name web --rm     --interactive=true --tty=true --env=A=1 --publish=80:80 --name=web --rm=true
 *
 * A cluster of letters ends with the first that takes a value, and a flag without a value is `=true`: so `--rm=false` works, and no word after
 * `--rm` is taken for its value.
 *
 * @see https://pkg.go.dev/github.com/spf13/pflag#hdr-Command_line_flag_syntax
 */
import type { Option } from "commander";

/** A flag that can't be read; docker ends with 125. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

export interface FlagWords {
  /** Among them `--help`, and of who wrote it the short way also HELP_SHORTHAND. */
  readonly flags: readonly string[];
  readonly args: readonly string[];
}

export const HELP_SHORTHAND = "-h";

/** @param passThrough - Whether the first argument ends the flags. @throws {FlagError} In pflag's words. */
export function readFlagWords(words: readonly string[], options: readonly Option[], passThrough: boolean): FlagWords {
  const flags: string[] = [];
  const args: string[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") return { flags, args: [...args, ...rest] };
    if (!word.startsWith("-") || word === "-") {
      args.push(word);
      if (passThrough) return { flags, args: [...args, ...rest] };
    } else if (word.startsWith("--")) flags.push(longFlag(word, rest, options));
    else flags.push(...shortFlags(word, rest, options));
  }
  return { flags, args };
}

/** @param rest - The words after it, of which a value is taken away. */
function longFlag(word: string, rest: string[], options: readonly Option[]): string {
  const equals = word.indexOf("=");
  const name = equals === -1 ? word : word.slice(0, equals);
  if (name === "--help") return name;
  const option = options.find(({ long }) => long === name);
  if (!option) throw new FlagError(`unknown flag: ${name}`);
  if (equals !== -1) return word;
  return `${name}=${takesValue(option) ? nextWord(rest, `flag needs an argument: ${name}`) : true}`;
}

function shortFlags(word: string, rest: string[], options: readonly Option[]): string[] {
  const flags: string[] = [];
  for (let at = 1; at < word.length; at++) {
    const letter = word[at]!;
    const option = options.find(({ short }) => short === `-${letter}`);
    if (!option?.long) {
      if (letter === "h") return [...flags, HELP_SHORTHAND, "--help"];
      throw new FlagError(`unknown shorthand flag: '${letter}' in ${word}`);
    }
    const after = word.slice(at + 1);
    if (after.startsWith("=")) return [...flags, `${option.long}${after}`];
    if (takesValue(option)) {
      const value = after || nextWord(rest, `flag needs an argument: '${letter}' in ${word}`);
      return [...flags, `${option.long}=${value}`];
    }
    flags.push(`${option.long}=true`);
  }
  return flags;
}

function takesValue(option: Option): boolean {
  return option.required;
}

function nextWord(rest: string[], otherwise: string): string {
  const next = rest.shift();
  if (next === undefined) throw new FlagError(otherwise);
  return next;
}
