/** What `--help` prints, laid out as Docker's is: a line of usage, then columns that fit the terminal. */
import type { Option } from "commander";
import type { Leaf } from "./command.ts";
import type { CommandEntry } from "./command-entry.ts";
import { COMMANDS, GROUPS } from "./commands.ts";
import { GLOBAL_OPTIONS } from "./globals.ts";

/** Of who reads it elsewhere than on a terminal. */
const USUAL_COLUMNS = 80;
/** A text that would be narrower begins below its flag, so far in. */
const NARROWEST = 24;
const BLOCK_INDENT = 16;
/** Room that the last line of a text may take on top. */
const SLOP = 5;

export function programHelp(): string {
  return [
    "\nUsage:  docker [OPTIONS] COMMAND",
    "A self-sufficient runtime for containers",
    `Options:\n${optionLines(GLOBAL_OPTIONS.filter(({ hidden }) => !hidden))}`,
    `Management Commands:\n${nameLines(GROUPS)}`,
    `Commands:\n${nameLines(topCommands())}`,
    "Run 'docker COMMAND --help' for more information on a command.\n",
  ].join("\n\n");
}

export function groupHelp(name: string): string {
  const { summary } = GROUPS.find((group) => group.name === name)!;
  const commands = COMMANDS.filter(({ group, isHidden }) => group === name && !isHidden);
  return [
    `\nUsage:  docker ${name} COMMAND`,
    summary,
    `Commands:\n${nameLines(commands)}`,
    `Run 'docker ${name} COMMAND --help' for more information on a command.\n`,
  ].join("\n\n");
}

export function commandHelp(name: string, entry: CommandEntry, leaf: Leaf): string {
  const { group, aliases } = entry;
  const hasAliases = aliases.length > 0 && name.startsWith(`docker ${group} `);
  const options = (leaf.options ?? []).filter(({ hidden }) => !hidden);
  return `${[
    `\nUsage:  ${name} ${leaf.usage}`,
    leaf.description ?? entry.summary,
    ...(hasAliases ? [`Aliases:\n  ${[entry.name, ...aliases].join(", ")}`] : []),
    ...(leaf.examples ? [`Examples:\n\n${leaf.examples}\n`] : []),
    ...(options.length > 0 ? [`Options:\n${optionLines(options)}`] : []),
  ].join("\n\n")}\n`;
}

interface Named {
  readonly name: string;
  readonly summary: string;
}

function topCommands(): Named[] {
  return COMMANDS.filter(({ top }) => top !== undefined)
    .map(({ top, summary }) => ({ name: top!, summary }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function nameLines(entries: readonly Named[]): string {
  const width = Math.max(...entries.map(({ name }) => name.length), 11);
  return entries.map(({ name, summary }) => `  ${name.padEnd(width)} ${summary}`).join("\n");
}

function optionLines(options: readonly Option[]): string {
  const sorted = [...options].sort((a, b) => (a.long! < b.long! ? -1 : 1));
  const heads = sorted.map(optionHead);
  const width = Math.max(...heads.map(({ length }) => length)) + 3;
  const columns = process.stdout.columns || USUAL_COLUMNS;
  return sorted
    .map((option, row) => heads[row]!.padEnd(width) + wrap(optionText(option), width, columns - 1))
    .join("\n");
}

/** `  -e, --env list`: the type without the brackets that commander wants, none for a flag that is there or not. */
function optionHead({ flags, short, long }: Option): string {
  const [, type] = /<(.*)>/.exec(flags) ?? [];
  return `${short ? `  ${short}, ` : "      "}${long}${type ? ` ${type}` : ""}`;
}

function optionText({ description, defaultValue }: Option): string {
  if (defaultValue === undefined || defaultValue === false || defaultValue === "" || Array.isArray(defaultValue))
    return description;
  return `${description} (default ${typeof defaultValue === "string" ? `"${defaultValue}"` : defaultValue})`;
}

/** Lines after the first begin at `indent`. */
function wrap(text: string, indent: number, columns: number): string {
  if (columns - indent < NARROWEST) return `\n${" ".repeat(BLOCK_INDENT)}${wrap(text, BLOCK_INDENT, columns)}`;
  const lines: string[] = [];
  for (let rest = text; rest !== ""; ) {
    const end = lineEnd(rest, columns - indent - SLOP);
    lines.push(rest.slice(0, end));
    rest = rest.slice(end + 1);
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}

/** Where to break: at the last blank within `width`, unless the rest fits with a little more. */
function lineEnd(text: string, width: number): number {
  if (text.length < width + SLOP) return text.length;
  const blank = text.slice(0, width).lastIndexOf(" ");
  return blank > 0 ? blank : text.length;
}
