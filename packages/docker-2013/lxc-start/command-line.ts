/** The command line of lxc-start, as in LXC 0.8: `lxc-start -n NAME -f FILE -- COMMAND ARGUMENTS…`. */
import { LOG_LEVELS, type LogLevel } from "./log.ts";

export interface Options {
  readonly name: string;
  readonly configPath: string;
  /** `KEY=VALUE` lines that come after those of the file. */
  readonly overrides: readonly string[];
  readonly logPath?: string;
  readonly logLevel: LogLevel;
  readonly command: readonly string[];
}

const USAGE = `usage: lxc-start -n NAME -f FILE [-- COMMAND [ARGUMENT…]]

Starts COMMAND (/sbin/init if there is none) in the container that FILE describes.

  -n, --name=NAME          name of the container
  -f, --rcfile=FILE        configuration, with the keys of LXC 0.8
  -s, --define=KEY=VALUE   a line of configuration after those of FILE
  -c, --console=FILE       where the container's console goes: lxc.console
  -o, --logfile=FILE       write a log
  -l, --logpriority=LEVEL  what to log: ${LOG_LEVELS.join(", ")}
      --help, --version`;

const VERSION = "0.8.0-eras";

/** The program that a container starts when it is told none. */
const DEFAULT_COMMAND = ["/sbin/init"];

const OPTIONS = {
  name: { type: "string", short: "n" },
  rcfile: { type: "string", short: "f" },
  define: { type: "string", short: "s", multiple: true },
  console: { type: "string", short: "c" },
  logfile: { type: "string", short: "o" },
  logpriority: { type: "string", short: "l" },
  help: { type: "boolean" },
  version: { type: "boolean" },
} as const;

/**
 * Reads the arguments.
 *
 * @returns What to do; a text if that is all there is to do.
 * @throws {Error} When an option is unknown or misses its value.
 */
export function parseCommandLine(args: readonly string[]): Options | string {
  const { parseArgs } = process.getBuiltinModule("node:util"); // an import would load all that node:util can do: 4 ms
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  if (values.help) return USAGE;
  if (values.version) return VERSION;
  if (!values.name) throw new Error("the container's name is missing: -n NAME");
  if (!/^[\w.-]+$/.test(values.name) || /^\.\.?$/.test(values.name)) {
    throw new Error(`"${values.name}" is no name for a container: letters, digits, "_", "." and "-"`);
  }
  if (!values.rcfile) throw new Error("the configuration is missing: -f FILE");
  const console = values.console === undefined ? [] : [`lxc.console=${values.console}`];
  return {
    name: values.name,
    configPath: values.rcfile,
    overrides: [...console, ...(values.define ?? [])],
    ...(values.logfile !== undefined && { logPath: values.logfile }),
    logLevel: logLevel(values.logpriority ?? "ERROR"),
    command: positionals.length > 0 ? positionals : DEFAULT_COMMAND,
  };
}

function logLevel(word: string): LogLevel {
  const level = LOG_LEVELS.find((level) => level === word.toUpperCase());
  if (!level) throw new Error(`"${word}" is no log priority: ${LOG_LEVELS.join(", ")}`);
  return level;
}
