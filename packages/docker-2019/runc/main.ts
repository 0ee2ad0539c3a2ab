/**
 * runc, as of 2019: makes a container of a bundle, and is gone when the container runs. A command line in place of a daemon.
 *
 * Exit code: 0; 1 for a failure, which the log tells (255 for `exec`); for `run` and `exec` in the foreground that of the container's process.
 */
import { writeSync } from "node:fs";
import { resolve } from "node:path";
import { leaveTerminal } from "@eras/linux/leave-terminal.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { endTracing } from "@eras/trace/context.ts";
import { traceProgram } from "../tracing.ts";
import { type Command, GLOBAL_FLAGS, type Globals, type Invocation } from "./command.ts";
import { COMMANDS, isCommandName, loadCommand } from "./commands.ts";
import { failureText } from "./error-text.ts";
import { parseFlags, UsageError } from "./flag-parser.ts";
import { isSealed, leaveSealingNamespace } from "./init/sealed.ts";
import { type LogFormat, logFailure, openLog } from "./log.ts";
import { defaultRoot, usesRootlessCgroups } from "./rootless.ts";

const FAILURE = 1;
const UNKNOWN_COMMAND = 3;

async function main(words: readonly string[]): Promise<number> {
  const { flags, args, help } = await orUsage(undefined, () => parseFlags(GLOBAL_FLAGS, words, { flagsFirst: true }));
  const [name, ...rest] = args;
  openLog(flags.log, logFormat(flags["log-format"]), flags.debug ?? false);
  if (flags.version) return showVersion();
  if (help || name === undefined) return showHelp(undefined);
  if (name === "help" || name === "h")
    return rest[0] === undefined || isCommandName(rest[0]) ? showHelp(rest[0]) : unknown(rest[0]);
  if (!isCommandName(name)) return unknown(name);
  const globals: Globals = {
    root: resolve(flags.root ?? defaultRoot()),
    criu: flags.criu ?? "criu",
    systemdCgroup: flags["systemd-cgroup"] ?? false,
    get rootless() {
      return usesRootlessCgroups(flags.rootless);
    },
  };
  if (flags.trace !== undefined) {
    const { traceCommand } = await import("./trace-run.ts");
    return traceCommand(flags.trace, words.slice(0, -args.length), name, rest);
  }
  return runCommand(name, globals, rest);
}

function logFormat(format: string | undefined): LogFormat {
  if (format === "text" || format === "json") return format;
  throw new InvalidArgument(`invalid log-format: ${format}`);
}

function unknown(name: string): number {
  logFailure(`No help topic for '${name}'`);
  return UNKNOWN_COMMAND;
}

/** To whoever calls a command otherwise, shows how it is to be called. */
async function orUsage<Result>(name: string | undefined, parse: () => Result): Promise<Result> {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { message, wrong } = error;
    const end = wrong === "count" ? "." : `${name === undefined ? "." : ":"} ${message}`;
    writeSync(1, `Incorrect Usage${end}\n\n`);
    await showHelp(name);
    throw error;
  }
}

async function runCommand(name: string, globals: Globals, words: readonly string[]): Promise<number> {
  const command = await loadCommand(name);
  const { flags, args, help } = await orUsage(name, () => {
    const parsed = parseFlags(command.flags, words, { flagsFirst: command.flagsFirst ?? false });
    if (!parsed.help) checkArguments(name, command, parsed.args);
    return parsed;
  });
  if (help) return showHelp(name);
  try {
    return (await command.run({ globals, flags, args } as Invocation)) ?? 0;
  } catch (error) {
    logFailure(`${command.failurePrefix ?? ""}${failureText(error as Error)}`);
    return command.failureStatus ?? FAILURE;
  }
}

function checkArguments(name: string, { minArgs, maxArgs = Infinity }: Command, { length }: readonly string[]): void {
  const plural = (bound: string, count: number) =>
    `runc: ${JSON.stringify(name)} requires ${bound} ${count} argument(s)`;
  if (minArgs === maxArgs && length !== minArgs) throw new UsageError(plural("exactly", minArgs), "count");
  if (length < minArgs) throw new UsageError(plural("a minimum of", minArgs), "count");
  if (length > maxArgs) throw new UsageError(plural("a maximum of", maxArgs), "count");
}

async function showVersion(): Promise<number> {
  const { VERSION_TEXT } = await import("./version.ts");
  writeSync(1, `runc version ${VERSION_TEXT}\n`);
  return 0;
}

async function showHelp(name: string | undefined): Promise<number> {
  const { commandHelp, programHelp } = await import("./help.ts");
  const { VERSION_TEXT } = await import("./version.ts");
  const text =
    name !== undefined && isCommandName(name)
      ? commandHelp(name, await loadCommand(name))
      : programHelp(COMMANDS, VERSION_TEXT, GLOBAL_FLAGS);
  writeSync(1, `${text}\n`);
  return 0;
}

await traceProgram("runc", { sealed: isSealed() });
leaveSealingNamespace();
let code = FAILURE;
try {
  code = await main(process.argv.slice(2));
} catch (error) {
  logFailure(failureText(error as Error));
}
endTracing();
leaveTerminal();
process.exit(code);
