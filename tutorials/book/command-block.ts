/**
 * Commands of a chapter, and what they print:
 *
 *     ```sh run id=hello world=2013 tty
 *     $ docker run -a busybox echo hello
 *     hello
 *     $ false
 *     [exit 1]
 *     ```
 */

/** `none`: a plain shell. `2013`, `2019`: with that era's daemon, and its client as `docker`. */
export type World = "none" | "2013" | "2019";

export interface Command {
  /** As typed, without `$ `. Lines that end in a backslash go on. */
  readonly line: string;
  /** Lines that it prints, with placeholders; typed lines (`> text`, `^C`) among them, where the block has a terminal. */
  readonly output: readonly string[];
  readonly exitCode: number;
}

export interface CommandBlock {
  readonly id: string;
  readonly world: World;
  readonly tty: boolean;
  readonly commands: readonly Command[];
  /** `chapters/13-02.md:40`: the line of its fence. */
  readonly at: string;
}

const INFO = /^sh run id=(?<id>[\w-]+) world=(?<world>none|2013|2019)(?<tty> tty)?$/;
const EXIT = /^\[exit (\d+)\]$/;

/** @returns Nothing for a block that isn't run. @throws {Error} For one that can't be. */
export function readCommandBlock(info: string, content: string, at: string): CommandBlock | undefined {
  if (!info.startsWith("sh run")) return undefined;
  const groups = INFO.exec(info.trim())?.groups;
  if (!groups)
    throw new Error(
      `${at}: a block of commands starts with "sh run id=ID world=none|2013|2019", perhaps "tty": ${info}`,
    );
  const { id, world, tty } = groups as { id: string; world: World; tty?: string };
  return { id, world, tty: tty !== undefined, commands: readCommands(content, at), at };
}

function readCommands(content: string, at: string): Command[] {
  const lines = content.replace(/\n$/, "").split("\n");
  if (!lines[0]!.startsWith("$ ")) throw new Error(`${at}: the first line of a block is a command, "$ …"`);
  const commands: { line: string; output: string[]; exitCode: number }[] = [];
  for (let index = 0; index < lines.length; index++) {
    let line = lines[index]!;
    if (line.startsWith("$ ")) {
      while (line.endsWith("\\")) line += `\n${lines[++index]}`;
      commands.push({ line: line.slice(2), output: [], exitCode: 0 });
      continue;
    }
    const exit = EXIT.exec(line);
    if (exit) commands.at(-1)!.exitCode = Number(exit[1]);
    else commands.at(-1)!.output.push(line);
  }
  return commands;
}
