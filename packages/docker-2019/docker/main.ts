/**
 * docker: reads a command line, makes requests of it, and shows what comes back. All that Docker does, the daemon does.
 *
 * Exit code: 0; 1 for a failure, 125 for flags that can't be read; of `run`, `start -a`, `exec` and `attach`, the container's: run.ts.
 */
import { leaveTerminal } from "@eras/linux/leave-terminal.ts";
import { errorText } from "./error-text.ts";
import { ExitStatus, FAILURE } from "./exit-status.ts";
import { checkLogLevel } from "./globals.ts";
import { printError, STDERR, STDOUT, write } from "./output/print.ts";
import { understand } from "./parser.ts";
import { Session } from "./session.ts";

async function main(words: readonly string[]): Promise<void> {
  const line = await understand(words);
  if ("help" in line) return write(line.isComplaint ? STDERR : STDOUT, line.help);
  checkLogLevel(line.globals);
  const { trace } = line.globals;
  if (trace !== undefined) return (await import("./trace-run.ts")).traceCommand(trace, words);
  const docker = await Session.open(line.globals);
  try {
    await line.leaf.run({ ...line, docker });
  } finally {
    docker.close();
  }
}

/** @returns docker's exit code. */
function report(error: unknown): number {
  const text = errorText(error);
  if (text !== "") printError(text);
  return error instanceof ExitStatus ? error.status : FAILURE;
}

if (process.env.ERAS_TRACE !== undefined) await (await import("../tracing.ts")).traceProgram("docker");
process.exitCode = FAILURE; // until all is done: should there be nothing left to wait for, it isn't
let status = 0;
try {
  await main(process.argv.slice(2));
} catch (error) {
  status = report(error);
}
leaveTerminal();
process.exit(status); // whatever may still be open: a wait that is of no interest any more
