/** What a command of runc is: its name, its flags, its arguments, and what it does. */

/** One flag. A flag that takes a value says what kind. */
export interface Flag {
  readonly short?: string;
  /** `optional` is a text that may be left out, and has to be joined to the flag: `--trace`, `--trace=FILE`. */
  readonly type: "boolean" | "string" | "number" | "optional";
  /** May be given several times. */
  readonly multiple?: boolean;
  readonly description: string;
  readonly default?: string | number;
}

export type Flags = Readonly<Record<string, Flag>>;

/** What a flag was set to. */
type FlagValue<F extends Flag> = F["type"] extends "boolean" ? boolean : F["type"] extends "number" ? number : string;

/** The values of those flags that were given, or have a default. */
export type FlagValues<F extends Flags = Flags> = {
  readonly [Name in keyof F]?: F[Name]["multiple"] extends true ? readonly FlagValue<F[Name]>[] : FlagValue<F[Name]>;
};

/** Flags before the command. */
export const GLOBAL_FLAGS = {
  debug: { type: "boolean", description: "enable debug logging" },
  log: { type: "string", description: "set the log file to write runc logs to (default is '/dev/stderr')" },
  "log-format": {
    type: "string",
    default: "text",
    description: "set the log format ('text' (default), or 'json')",
  },
  root: {
    type: "string",
    description: "root directory for storage of container state (this should be located in tmpfs)",
  },
  criu: { type: "string", default: "criu", description: "path to the criu binary used for checkpoint and restore" },
  "systemd-cgroup": {
    type: "boolean",
    description:
      'enable systemd cgroup support, expects cgroupsPath to be of form "slice:prefix:name" for e.g. "system.slice:runc:434234"',
  },
  rootless: {
    type: "string",
    default: "auto",
    description: "ignore cgroup permission errors ('true', 'false', or 'auto')",
  },
  trace: {
    type: "optional",
    description:
      "show each step and its kernel calls on stderr, or with =FILE.html make a page of them, with =FILE.json a file for Perfetto",
  },
  version: { type: "boolean", short: "v", description: "print the version" },
} as const satisfies Flags;

/** What every command is told. */
export interface Globals {
  /** Absolute: where the states of all containers lie. */
  readonly root: string;
  readonly criu: string;
  readonly systemdCgroup: boolean;
  /** Errors about cgroups that an ordinary user may not touch are passed over. Read by those commands alone for which it means something. */
  readonly rootless: boolean;
}

/** One call of a command. */
export interface Invocation<F extends Flags = Flags> {
  readonly globals: Globals;
  readonly flags: FlagValues<F>;
  readonly args: readonly string[];
}

/** A command, as its file in commands/ exports it. */
export interface Command<F extends Flags = Flags> {
  readonly usage: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  readonly description?: string;
  readonly flags: F;
  /** How many arguments it takes; no maximum if left out. */
  readonly minArgs: number;
  readonly maxArgs?: number;
  /** From the first argument on, nothing is a flag of ours: `runc exec web ls -l`. */
  readonly flagsFirst?: boolean;
  /** Before the message of a failure: `runc create failed: `. */
  readonly failurePrefix?: string;
  /** Exit status of a failure: 1 if left out. */
  readonly failureStatus?: number;
  /** @returns The exit status; nothing is 0. */
  run(invocation: Invocation<F>): number | undefined | Promise<number | undefined>;
}

/** Lets a command's file infer the types of its flags. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command<F> {
  return command;
}
