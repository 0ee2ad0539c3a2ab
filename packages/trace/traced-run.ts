/**
 * `--trace`: runs one command and shows what happens in all its processes, as it happens.
 *
 * The command's processes append their events to a spool file. This program follows the file, puts the lines of different processes in
 * order and prints them to stderr; the command's own output stays alone on stdout.
 */
import type { ChildProcess, StdioOptions } from "node:child_process";
import { closeSync, openSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { extname, resolve } from "node:path";
import { toChromeTrace } from "./chrome.ts";
import type { TraceEvent } from "./event.ts";
import { Follower } from "./follower.ts";
import { Timeline, type TimelineOptions } from "./timeline.ts";

/** How to look at a trace, by the end of its name. */
const ADVICE: Readonly<Record<string, string>> = {
  ".html": "; open it in a browser, or copy it to a machine that has one: it is all in this file",
  ".json": "; open it in https://ui.perfetto.dev",
};

/** A command whose run is to be shown. */
export interface TracedCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Descriptors of ours that the command gets beside the standard three: numbers from 3 on, the same there. */
  readonly fds?: readonly number[];
  /** A file that does not exist yet, for the events while the command runs. */
  readonly spool: string;
  /** Write the trace to this file instead of printing lines: trace-file.ts. */
  readonly file?: string | undefined;
  /** Makes the page. */
  readonly toPage: (run: RunOfEra) => Promise<string>;
  readonly steps: TimelineOptions["steps"];
  readonly messages?: NonNullable<TimelineOptions["messages"]>;
  readonly callText: TimelineOptions["callText"];
}

/** A run's events with the words of its era. */
export type RunOfEra = Pick<TracedCommand, "steps" | "messages" | "callText"> & {
  readonly events: readonly TraceEvent[];
};

/** Runs the command, traced. @returns Its exit code: 128 + n if signal n ended it. */
export async function runTraced({
  program,
  args,
  env,
  fds = [],
  spool,
  file,
  toPage,
  ...words
}: TracedCommand): Promise<number> {
  if (file !== undefined) writeTrace(file, ""); // a file that can't be written is told before the run
  const { spawn } = await import("node:child_process");
  closeSync(openSync(spool, "wx", 0o600));
  const printer = file === undefined ? new Printer(words) : undefined;
  const follower = new Follower(spool, (event) => printer?.print(event));
  try {
    const stdio: StdioOptions = ["inherit", "inherit", "inherit", ...fds];
    const code = await exitCode(spawn(program, args, { stdio, env: { ...env, ERAS_TRACE: spool } }));
    await follower.settled();
    if (file !== undefined) {
      const { events } = follower;
      writeTrace(file, await traceText(file, { ...words, events }, toPage));
      process.stderr.write(`trace: ${events.length} events in ${resolve(file)}${ADVICE[extname(file)] ?? ""}\n`);
    }
    return code;
  } finally {
    follower.close();
    rmSync(spool, { force: true });
  }
}

async function traceText(file: string, run: RunOfEra, toPage: TracedCommand["toPage"]): Promise<string> {
  if (extname(file) === ".html") return toPage(run);
  if (extname(file) === ".jsonl") return run.events.map((event) => `${JSON.stringify(event)}\n`).join("");
  return JSON.stringify(toChromeTrace(run.events, run));
}

function writeTrace(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Error(`Cannot write the trace to ${file}: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
}

/** A terminal sends these to the command as well as to us; others are for us to pass on. */
const OF_THE_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];
const PASSED_ON: readonly NodeJS.Signals[] = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"];

/** We outlive the command, to show its end. */
function exitCode(child: ChildProcess): Promise<number> {
  for (const signal of OF_THE_TERMINAL) process.on(signal, () => {});
  for (const signal of PASSED_ON) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
}

class Printer {
  readonly #timeline: Timeline;
  #hasHead = false;

  constructor(words: Pick<TracedCommand, "steps" | "messages" | "callText">) {
    const language = (process.env.LC_ALL ?? process.env.LANG ?? "").startsWith("zh") ? "zh" : "en";
    this.#timeline = new Timeline({ ...words, language, colour: process.stderr.isTTY === true });
  }

  print(event: TraceEvent): void {
    const { isTTY, columns } = process.stderr;
    if (!isTTY) return void process.stderr.write(`${this.#timeline.line(event)}\n`);
    const head = this.#hasHead ? [] : this.#timeline.screenHead(columns);
    this.#hasHead = true;
    // The command's terminal may be raw, where a line feed alone does not return to the first column.
    for (const line of [...head, ...this.#timeline.screenLines(event, columns)]) process.stderr.write(`${line}\r\n`);
  }
}
