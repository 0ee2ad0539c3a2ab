/**
 * A block that needs a terminal. A line with a prompt is typed, as a person would: when the prompt is there. `^D`, `^C`, `^P^Q` are keys.
 *
 *     $ docker run -it busybox          typed at the shell's prompt
 *     / # hostname                      typed at the container's
 *     <ID>                              what it prints
 *     / # ^D
 */
import { stripVTControlCharacters } from "node:util";
import { Terminal } from "../../test/harness/terminal.ts";
import type { Command } from "../book/command-block.ts";
import { linesOf } from "./shell-session.ts";
import type { ChapterWorld } from "./world.ts";

const PROMPT = /^(?<prompt>\/ # |# |bash[-\d.]*# |root@\S+:\S+# )(?<typed>.*)$/;
const KEYS: Readonly<Record<string, string>> = { "^C": "\x03", "^D": "\x04", "^P": "\x10", "^Q": "\x11", "^Z": "\x1a" };
const SHELL_PROMPT = "READY> ";

/** What the screen showed below the command's line, until the shell was back. @throws {Error} When a prompt doesn't come. */
export async function runInTerminal({ line, output }: Command, world: ChapterWorld): Promise<string[]> {
  const terminal = new Terminal({ rows: 40, columns: 120 });
  const [program, ...args] = world.within(["bash", "--noprofile", "--norc"]);
  const shell = terminal.run(program!, args, { ...world.env, PS1: SHELL_PROMPT });
  try {
    await terminal.waitFor(SHELL_PROMPT);
    const start = terminal.shown.length;
    terminal.type(`${line}\r`);
    for (const { groups } of output.map((text) => PROMPT.exec(text)).filter((match) => match !== null)) {
      await terminal.waitFor(groups!.prompt!);
      terminal.type(keysOf(groups!.typed!));
    }
    await terminal.waitFor(SHELL_PROMPT);
    return screenLines(terminal.shown.slice(start)).slice(1, -1); // without what was typed first, and the last prompt
  } finally {
    shell.kill("SIGKILL");
    terminal.close();
  }
}

/** Words end with Enter, keys do not. */
function keysOf(typed: string): string {
  if (!/^(\^[CDPQZ])+$/.test(typed)) return `${typed}\r`;
  return typed.replace(/\^[CDPQZ]/g, (key) => KEYS[key]!);
}

function screenLines(text: string): string[] {
  return linesOf(stripVTControlCharacters(text).replaceAll("\r\n", "\n"));
}
