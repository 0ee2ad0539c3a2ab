/**
 * ctr: containerd's client, for development and debugging, and for whoever has no dockerd. It resolves and fetches images itself, prepares
 * specs and terminals, and has containerd store, unpack and run.
 *
 * Exit code: 0; 1 for a failure, 3 for a command that is not known, 130 after Ctrl-C; of `run`, `tasks start`, `tasks attach` and `tasks exec`, the
 * container's.
 */
import { writeSync } from "node:fs";
import { leaveTerminal } from "@eras/linux/leave-terminal.ts";
import { CommanderError } from "commander";
import { traceProgram } from "../tracing.ts";
import { ContainerExit } from "./command.ts";
import { readGlobals } from "./globals.ts";
import { Interrupted } from "./interrupt.ts";
import { log, setDebug } from "./output/log.ts";
import { makeParser, type Runner } from "./parser.ts";
import { findTrace } from "./trace-flag.ts";
import { VERSION } from "./version.ts";

const FAILURE = 1;
const UNKNOWN_COMMAND = 3;

const runCommand: Runner = async (command, line, flags) => {
  const globals = readGlobals(flags);
  setDebug(globals.debug);
  const { Containerd, checkSocket } = await import("./containerd.ts"); // gRPC, which help has no need of
  if (!command.isLocal) checkSocket(globals.address);
  const giveUp = new AbortController();
  const containerd = new Containerd(globals, giveUp);
  if (globals.connectTimeoutMs > 0 && !command.isLocal) await containerd.reach(globals.connectTimeoutMs);
  const work = command.run({ ...line, containerd });
  try {
    if (globals.timeoutMs === 0) await work;
    else await Promise.race([work, late(globals.timeoutMs)]);
  } catch (error) {
    giveUp.abort(error);
    if (containerd.holdsLease) await work;
    throw error;
  } finally {
    containerd.close();
  }
};

/** Fails when the time is over. */
function late(timeoutMs: number): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  setTimeout(() => reject(new Error("context deadline exceeded")), timeoutMs).unref();
  return promise;
}

/** @returns ctr's exit code. */
function report(error: unknown): number {
  if (error instanceof ContainerExit) return error.status;
  if (error instanceof CommanderError) return reportUsage(error);
  writeSync(2, `ctr: ${(error as Error).message}\n`);
  log("debug", (error as Error).stack ?? "");
  return error instanceof Interrupted ? error.status : FAILURE;
}

/** Help that was asked for is no error; commander has printed it. */
function reportUsage({ code, exitCode, message }: CommanderError): number {
  if (exitCode === 0 || code === "commander.help") return 0;
  const [, name = ""] = /'([^']*)'/.exec(message) ?? [];
  if (code === "commander.unknownCommand") {
    writeSync(2, `No help topic for '${name}'\n`);
    return UNKNOWN_COMMAND;
  }
  const text =
    code === "commander.unknownOption"
      ? `flag provided but not defined: ${name.replace(/^--/, "-")}`
      : message.replace(/^error: /, "");
  writeSync(2, `ctr: ${text}\nSee "ctr --help" and "ctr COMMAND --help".\n`);
  return FAILURE;
}

/** @returns ctr's exit code. */
async function main(line: readonly string[]): Promise<number> {
  const traced = findTrace(line);
  if (!traced) {
    await makeParser(VERSION, runCommand).parseAsync(line, { from: "user" });
    return 0;
  }
  const { checkTraceFile } = await import("@eras/trace/trace-file.ts");
  const { runTracedCommand } = await import("../traced-command/trace-run.ts");
  checkTraceFile(traced.file);
  return runTracedCommand(traced.file, { program: "ctr-2019", ...traced });
}

process.exitCode = FAILURE; // until all is done: should there be nothing left to wait for, it isn't
await traceProgram("ctr");
let status: number;
try {
  status = await main(process.argv.slice(2));
} catch (error) {
  status = report(error);
}
leaveTerminal();
process.exit(status); // whatever may still be waiting for containerd
