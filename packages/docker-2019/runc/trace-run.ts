/**
 * `runc --trace COMMAND`: runs the command in another runc and shows what happens in it, in the bootstrap and in the init.
 *
 * With `create`, the trace ends where the init begins to wait. It belongs to the run that made it, so what it does after `start` shows
 * only where both commands are part of one run: `run`, or a chain that is traced as a whole.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { callText } from "@eras/linux/call-text.ts";
import { runTraced } from "@eras/trace/traced-run.ts";
import { STEPS } from "../steps.ts";
import { loadCommand } from "./commands.ts";
import { FIRST_PRESERVED } from "./descriptors.ts";
import { parseFlags, UsageError } from "./flag-parser.ts";
import { restoreOpenFilesLimit } from "./restore.ts";

const RUNC = resolve(import.meta.dirname, "../../../bin/runc-2019");

/**
 * Runs `runc [globalWords…] name words…`, traced. Descriptors of a service manager (LISTEN_FDS) are meant for one process, and stay here.
 *
 * @param file - For Perfetto; empty: lines on stderr.
 * @param globalWords - As given: `--trace` is among them.
 * @returns The exit status of the command.
 */
export async function runTracedCommand(
  file: string,
  globalWords: readonly string[],
  name: string,
  words: readonly string[],
): Promise<number> {
  if (file !== "" && !file.endsWith(".json")) {
    throw new UsageError(`Cannot trace into "${file}": expected a name that ends in .json`);
  }
  const fds = Array.from({ length: await countPreserved(name, words) }, (_, i) => FIRST_PRESERVED + i);
  const dir = mkdtempSync(join(tmpdir(), "runc-trace-"));
  restoreOpenFilesLimit(); // as the other runc is to find it
  try {
    return await runTraced({
      program: RUNC,
      args: [...globalWords.filter((word) => !/^--?trace(?:=|$)/s.test(word)), name, ...words],
      env: process.env,
      fds,
      spool: join(dir, "run.jsonl"),
      file: file || undefined,
      steps: STEPS,
      callText,
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function countPreserved(name: string, words: readonly string[]): Promise<number> {
  const { flags, flagsFirst = false } = await loadCommand(name);
  const { "preserve-fds": count = 0 } = parseFlags(flags, words, { flagsFirst }).flags;
  return Number(count);
}
