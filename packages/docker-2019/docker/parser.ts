/** From a command line to a command: commander keeps the flags, with their types and defaults; `flag-words.ts` reads them as Docker does. */
import { Command, type Option } from "commander";
import { step } from "../step.ts";
import { whyAbsent } from "./absent-commands.ts";
import type { ArgumentCount, Leaf } from "./command.ts";
import type { CommandEntry } from "./command-entry.ts";
import { findCommand, GROUPS } from "./commands.ts";
import { ExitStatus, FAILURE, REFUSED } from "./exit-status.ts";
import { FlagError, HELP_SHORTHAND, readFlagWords } from "./flag-words.ts";
import { GLOBAL_OPTIONS, type GlobalFlags } from "./globals.ts";
import { print } from "./output/print.ts";
import { REVISION, VERSION } from "./version.ts";

/** A command line that has been understood. */
export interface Understood {
  readonly globals: GlobalFlags;
  /** `docker container run`, as it was typed. */
  readonly name: string;
  readonly leaf: Leaf;
  readonly flags: object;
  readonly args: readonly string[];
}

/** A question that is answered without a command. */
export interface HelpWanted {
  readonly help: string;
  /** Of a line that is no command yet. */
  readonly isComplaint?: boolean;
}

/** @throws {ExitStatus} With what is wrong with it, and where help is. */
export async function understand(words: readonly string[]): Promise<Understood | HelpWanted> {
  const top = read("docker", words, GLOBAL_OPTIONS, true);
  const globals = top.flags as GlobalFlags; // of GLOBAL_OPTIONS
  const [first, ...rest] = top.args;
  if (globals.version) return { help: `Docker version ${VERSION}, build ${REVISION}\n` };
  const [name, ...deeper] = first === "help" ? rest : top.args;
  if (name === undefined) return { help: await programHelp() };
  if (top.wantsHelp || first === "help") return { help: await helpOf(name, deeper) };
  const group = GROUPS.find((one) => one.name === name);
  if (!group) return understandCommand(globals, `docker ${name}`, findOrFail(undefined, name), rest);
  const [command, ...line] = rest;
  if (command === undefined) return { help: await groupHelp(name), isComplaint: true };
  if (command === "--help") return { help: await groupHelp(name) };
  return understandCommand(globals, `docker ${name} ${command}`, findOrFail(name, command), line);
}

async function understandCommand(
  globals: GlobalFlags,
  name: string,
  entry: CommandEntry,
  words: readonly string[],
): Promise<Understood | HelpWanted> {
  step("docker.read-command-line", { name, words });
  const leaf = await entry.load();
  const { flags, args, wantsHelp } = read(name, words, leaf.options ?? [], leaf.passThrough ?? false);
  if (wantsHelp) return { help: await commandHelp(name, entry, leaf) };
  checkCount(name, entry, leaf, args.length);
  return { globals, name, leaf, flags, args };
}

interface Line {
  readonly flags: object;
  readonly args: readonly string[];
  readonly wantsHelp: boolean;
}

function read(name: string, words: readonly string[], options: readonly Option[], passThrough: boolean): Line {
  try {
    const { flags, args } = readFlagWords(words, options, passThrough);
    const wantsHelp = flags.includes("--help");
    if (name !== "docker" && flags.includes(HELP_SHORTHAND))
      print("Flag shorthand -h has been deprecated, please use --help");
    const command = new Command(name)
      .helpOption(false)
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    for (const option of options) command.addOption(option);
    command.parse(
      flags.filter((flag) => flag !== "--help" && flag !== HELP_SHORTHAND),
      { from: "user" },
    );
    return { flags: command.opts(), args, wantsHelp };
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw new ExitStatus(REFUSED, `${error.message}\nSee '${name} --help'.`);
  }
}

function findOrFail(group: string | undefined, name: string): CommandEntry {
  const entry = findCommand(group, name);
  if (entry) return entry;
  const path = group === undefined ? "docker" : `docker ${group}`;
  const typed = group === undefined ? name : `${group} ${name}`;
  const reason = whyAbsent(typed);
  if (reason !== undefined) throw new ExitStatus(FAILURE, `docker: '${typed}' is not here: ${reason}`);
  throw new ExitStatus(FAILURE, `docker: '${typed}' is not a docker command.\nSee '${path} --help'`);
}

function checkCount(name: string, { summary }: CommandEntry, leaf: Leaf, count: number): void {
  const { min, max } = leaf.arguments;
  if (count >= min && (max === undefined || count <= max)) return;
  const usage = `Usage:  ${name} ${leaf.usage}`;
  throw new ExitStatus(
    FAILURE,
    `"${name}" ${requirement(leaf.arguments)}.\nSee '${name} --help'.\n\n${usage}\n\n${summary}`,
  );
}

function requirement({ min, max }: ArgumentCount): string {
  const noun = (count: number) => `${count} argument${count === 1 ? "" : "s"}`;
  if (max === 0) return "accepts no arguments";
  if (min === max) return `requires exactly ${noun(min)}`;
  if (max === undefined) return `requires at least ${noun(min)}`;
  return min === 0 ? `requires at most ${noun(max)}` : `requires at least ${min} and at most ${noun(max)}`;
}

async function helpOf(name: string, deeper: readonly string[]): Promise<string> {
  const isGroup = GROUPS.some((group) => group.name === name);
  const [command] = deeper;
  if (isGroup && command === undefined) return groupHelp(name);
  const entry = isGroup ? findCommand(name, command!) : findCommand(undefined, name);
  if (!entry) throw new ExitStatus(FAILURE, `unknown help topic: ${command ?? name}`);
  return commandHelp(isGroup ? `docker ${name} ${command}` : `docker ${name}`, entry, await entry.load());
}

async function programHelp(): Promise<string> {
  return (await import("./help.ts")).programHelp();
}

async function groupHelp(name: string): Promise<string> {
  return (await import("./help.ts")).groupHelp(name);
}

async function commandHelp(name: string, entry: CommandEntry, command: Leaf): Promise<string> {
  return (await import("./help.ts")).commandHelp(name, entry, command);
}
