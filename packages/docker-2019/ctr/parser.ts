/** From declared commands to commander's, which reads the command line and writes the help. */
import { Command, Help, type Option } from "commander";
import type { Group, Invocation, Leaf } from "./command.ts";
import { GLOBAL_OPTIONS, type GlobalFlags } from "./globals.ts";
import { GROUPS, type GroupEntry } from "./groups.ts";

/** What is done with a command line that has been understood. */
export type Runner = (
  command: Leaf,
  line: Omit<Invocation<object>, "containerd">,
  globals: GlobalFlags,
) => Promise<void>;

/** A command that has commands. Without one it shows its help, on standard output and as no failure. */
class GroupCommand extends Command {
  override help(): never {
    return super.help();
  }
}

/** The whole parser. It throws CommanderError in place of ending the program. */
export function makeParser(version: string, run: Runner): Command {
  const program = configured(new GroupCommand("ctr"));
  program
    .description("containerd CLI")
    .version(version, "-v, --version", "print the version")
    .usage("[global options] command");
  for (const option of GLOBAL_OPTIONS) program.addOption(option);
  for (const entry of GROUPS) program.addCommand(deferred(entry, (...line) => run(...line, program.opts())));
  return program;
}

type GroupRunner = (command: Leaf, line: Omit<Invocation<object>, "containerd">) => Promise<void>;

/** Stands for a group until it is asked for; then the group itself reads the rest of the line. */
function deferred({ name, aliases, summary, load }: GroupEntry, run: GroupRunner): Command {
  return configured(new Command(name))
    .aliases(aliases)
    .description(summary)
    .helpOption(false)
    .allowUnknownOption()
    .argument("[words...]")
    .action(async (words: string[]) => {
      const loaded = await load();
      const command = "commands" in loaded ? groupCommand(loaded, run) : leafCommand(loaded, run);
      command.name(`ctr ${command.name()}`);
      await command.parseAsync(words, { from: "user" });
    });
}

function groupCommand(group: Group, run: GroupRunner): Command {
  const command = configured(new GroupCommand(group.name))
    .description(group.summary)
    .usage("command [command options]");
  for (const option of group.options ?? []) command.addOption(option);
  const withOwn: GroupRunner = (leaf, { flags, args }) => run(leaf, { flags: { ...command.opts(), ...flags }, args });
  for (const one of group.commands)
    command.addCommand("commands" in one ? groupCommand(one, withOwn) : leafCommand(one, withOwn));
  return command;
}

function leafCommand(leaf: Leaf, run: GroupRunner): Command {
  const command = configured(new Command(leaf.name))
    .aliases(leaf.aliases ?? [])
    .description(leaf.summary)
    .usage(leaf.usage)
    .argument("[arguments...]")
    .action((args: string[], flags: object) => run(leaf, { flags, args }));
  for (const option of leaf.options ?? []) command.addOption(option);
  return command;
}

/** Of a flag that may come more than once, that its default is none goes without saying. */
function optionDescription(option: Option): string {
  return Array.isArray(option.defaultValue) ? option.description : new Help().optionDescription(option);
}

/** The first argument ends the flags. */
function configured(command: Command): Command {
  return command
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .configureHelp({ optionDescription })
    .enablePositionalOptions()
    .passThroughOptions()
    .exitOverride()
    .configureOutput({ writeErr: () => {} }); // main.ts says what was wrong, in ctr's words
}
