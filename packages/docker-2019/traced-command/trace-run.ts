/** `--trace`: runs a command in another process of the same program, and shows what happens in all that have a part in it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { callText } from "@eras/linux/call-text.ts";
import { type RunOfEra, runTraced } from "@eras/trace/traced-run.ts";
import { MESSAGES } from "../messages.ts";
import { STEPS } from "../steps.ts";

const PROGRAMS = resolve(import.meta.dirname, "../../../bin");
const TRACE_FLAG = /^--?trace(?:=|$)/s;

/** A command, as it was given with `--trace`. */
export interface CommandToTrace {
  /** In bin/. */
  readonly program: "docker-2019" | "ctr-2019" | "runc-2019";
  /** Before the command's name; `--trace` is among them. */
  readonly globalWords: readonly string[];
  readonly words: readonly string[];
  /** Descriptors of ours that the command gets beside the standard three. */
  readonly fds?: readonly number[];
}

/** A page of the run. What only a page needs is loaded now. */
async function toPage(run: RunOfEra): Promise<string> {
  const { recordedPage } = await import("@eras/viewer/recorded-page.ts");
  const { fieldsOfMessage } = await import("../proto/message-fields.ts");
  return recordedPage({ era: "2019", ...run, fieldsOfMessage });
}

/**
 * Runs the command, traced.
 *
 * @param file - Where `--trace=FILE` says; empty: lines on stderr.
 * @returns The exit status of the command.
 */
export async function runTracedCommand(
  file: string,
  { program, globalWords, words, fds = [] }: CommandToTrace,
): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), `${program}-trace-`));
  try {
    return await runTraced({
      program: join(PROGRAMS, program),
      args: [...globalWords.filter((word) => !TRACE_FLAG.test(word)), ...words],
      env: process.env,
      fds,
      spool: join(dir, "run.jsonl"),
      file: file || undefined,
      steps: STEPS,
      messages: MESSAGES,
      callText,
      toPage,
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
}
