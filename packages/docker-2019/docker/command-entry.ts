/** What there is to know of a command before it is loaded: its names, and a line about it. */
import type { Leaf } from "./command.ts";

export interface CommandEntry {
  /** Undefined when it is in none: `docker version`. */
  readonly group: string | undefined;
  readonly name: string;
  /** Other names, in the group. */
  readonly aliases: readonly string[];
  /** Its name outside the group. */
  readonly top: string | undefined;
  readonly summary: string;
  /** Not for people: the list of commands doesn't have it. */
  readonly isHidden?: boolean;
  load(): Promise<Leaf>;
}

/** A command of a group that has its name outside of it, too. */
export function both(path: string, summary: string, load: CommandEntry["load"]): CommandEntry {
  const [group, name = ""] = path.split(" ");
  return { group, name, aliases: [], top: name, summary, load };
}

/** A command of a group, with what else it is called there, and outside of it. */
export function grouped(
  path: string,
  { top, aliases = [] }: { readonly top?: string; readonly aliases?: readonly string[] },
  summary: string,
  load: CommandEntry["load"],
): CommandEntry {
  const [group, name = ""] = path.split(" ");
  return { group, name, aliases, top, summary, load };
}

export function alone(name: string, summary: string, load: CommandEntry["load"]): CommandEntry {
  return { group: undefined, name, aliases: [], top: name, summary, load };
}

export function hidden(path: string, summary: string, load: CommandEntry["load"]): CommandEntry {
  return { ...grouped(path, {}, summary, load), isHidden: true };
}
