/** What `--help` prints. */
import type { Command, Flag, Flags } from "./command.ts";

/** Everything about one command. */
export function commandHelp(name: string, { usage, summary, description, flags }: Command): string {
  return `NAME:
   runc ${name} - ${summary}

USAGE:
   runc ${name} ${usage}
${description === undefined ? "" : `\nDESCRIPTION:\n   ${description}\n`}
OPTIONS:
${flagTable(flags)}`;
}

/** Everything about the program: its commands, and the flags before them. */
export function programHelp(commands: Readonly<Record<string, string>>, version: string, globalFlags: Flags): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const table = Object.entries(commands).map(([name, summary]) => `   ${name.padEnd(width)}  ${summary}`);
  return `NAME:
   runc - Open Container Initiative runtime

A container is configured by a bundle: a directory with a file "config.json" and a root file system.
It is run from there with

    # runc run [ -b bundle ] <container-id>

where "<container-id>" is a name for the container that no other one on this host has.

USAGE:
   runc [global options] command [command options] [arguments...]

VERSION:
   ${version.split("\n").join("\n   ")}

COMMANDS:
${table.join("\n")}

GLOBAL OPTIONS:
${flagTable(globalFlags)}`;
}

function flagTable(flags: Flags): string {
  const rows = [...Object.entries(flags).map(flagRow), ["--help, -h", "show help"] as const];
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `   ${left.padEnd(width)}  ${right}`).join("\n");
}

function flagRow([name, { short, type, description, default: value }]: [string, Flag]): readonly [string, string] {
  const placeholder = { boolean: "", optional: "[=value]", string: " value", number: " value" }[type];
  const left = short === undefined ? `--${name}${placeholder}` : `--${name}${placeholder}, -${short}${placeholder}`;
  return [left, value === undefined ? description : `${description} (default: ${JSON.stringify(value)})`];
}
