/**
 * `runc --trace COMMAND`: runs the command in another runc and shows what happens in it, in the bootstrap and in the init.
 *
 * With `create`, the trace ends where the init begins to wait. It belongs to the run that made it, so what it does after `start` shows
 * only where both commands are part of one run: `run`, or a chain that is traced as a whole.
 */
import { checkTraceFile } from "@eras/trace/trace-file.ts";
import { runTracedCommand } from "../traced-command/trace-run.ts";
import { loadCommand } from "./commands.ts";
import { parseFlags } from "./flag-parser.ts";
import { FIRST_PRESERVED } from "./init/descriptors.ts";
import { restoreOpenFilesLimit } from "./init/restore.ts";

/**
 * Runs `runc [globalWords…] name words…`, traced. Descriptors of a service manager (LISTEN_FDS) are meant for one process, and stay here.
 *
 * @param file - Where to; empty: lines on stderr.
 * @param globalWords - As given: `--trace` is among them.
 * @returns The exit status of the command.
 */
export async function traceCommand(
  file: string,
  globalWords: readonly string[],
  name: string,
  words: readonly string[],
): Promise<number> {
  checkTraceFile(file);
  const fds = Array.from({ length: await countPreserved(name, words) }, (_, i) => FIRST_PRESERVED + i);
  restoreOpenFilesLimit(); // as the other runc is to find it
  return runTracedCommand(file, { program: "runc-2019", globalWords, words: [name, ...words], fds });
}

async function countPreserved(name: string, words: readonly string[]): Promise<number> {
  const { flags, flagsFirst = false } = await loadCommand(name);
  const { "preserve-fds": count = 0 } = parseFlags(flags, words, { flagsFirst }).flags;
  return Number(count);
}
