/**
 * `--trace`: runs one command of an era and shows what happens in all processes, as it happens.
 *
 * The command's processes append their events to a spool file in the run directory. This program follows the file, puts the lines of
 * different processes in order and prints them to stderr; the container's own output stays alone on stdout.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  type FSWatcher,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { LINKS_VARIABLE } from "@eras/docker-2013/rcli/trace-link.ts";
import { STEPS } from "@eras/docker-2013/steps.ts";
import { callText } from "@eras/linux/call-text.ts";
import { toChromeTrace } from "@eras/trace/chrome.ts";
import type { TraceEvent } from "@eras/trace/event.ts";
import { byTime, parseSpool, Timeline } from "@eras/trace/timeline.ts";

/** An event is printed when it is this old: by then every process has written what happened before it. */
const SETTLE_MS = 20;
/** After the client's end, a run that says nothing for this long goes on in the background: its trace ends here. */
const QUIET_MS = 500;

interface TracedCommand {
  program: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** The era's run directory, where its daemon looks for traced requests. */
  runDir: string;
  /** Write a Perfetto trace to this file instead of printing lines. */
  file?: string;
}

/** Runs the command, traced. @returns Its exit code. */
export async function runTraced({ program, args, env, runDir, file }: TracedCommand): Promise<number> {
  if (file !== undefined) writeTrace(file, ""); // a file that can't be written is told before the run
  const links = join(runDir, "trace");
  mkdirSync(links, { recursive: true, mode: 0o700 });
  const spool = join(links, `run-${randomBytes(4).toString("hex")}.jsonl`);
  closeSync(openSync(spool, "wx", 0o600));
  const printer = file === undefined ? new Printer() : undefined;
  const follower = new Follower(spool, (event) => printer?.print(event));
  try {
    const child = spawn(program, args, {
      stdio: "inherit",
      env: { ...env, ERAS_TRACE: spool, [LINKS_VARIABLE]: links },
    });
    const code = await exitCode(child);
    await follower.settled();
    if (file !== undefined) {
      writeTrace(file, JSON.stringify(toChromeTrace(follower.events, STEPS)));
      process.stderr.write(
        `trace: ${follower.events.length} events in ${resolve(file)}; open it in https://ui.perfetto.dev\n`,
      );
    }
    return code;
  } finally {
    follower.close();
    rmSync(spool, { force: true });
  }
}

function writeTrace(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Error(`Cannot write the trace to ${file}: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
}

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

class Printer {
  readonly #timeline = new Timeline({
    steps: STEPS,
    callText,
    language: (process.env.LC_ALL ?? process.env.LANG ?? "").startsWith("zh") ? "zh" : "en",
    colour: process.stderr.isTTY === true,
  });

  print(event: TraceEvent): void {
    // The client's terminal may be raw, where a line feed alone does not return to the first column.
    process.stderr.write(`${this.#timeline.line(event)}${process.stderr.isTTY ? "\r\n" : "\n"}`);
  }
}

/** Reads a growing spool file and hands out its events in order of time. */
class Follower {
  /** All events handed out so far. */
  readonly events: TraceEvent[] = [];
  readonly #fd: number;
  readonly #watcher: FSWatcher;
  readonly #emit: (event: TraceEvent) => void;
  readonly #openSpans = new Set<string>();
  #pending: TraceEvent[] = [];
  #offset = 0;
  #partialLine = "";
  #timer: NodeJS.Timeout | undefined;
  #onSettled: (() => void) | undefined;

  constructor(path: string, emit: (event: TraceEvent) => void) {
    this.#emit = emit;
    this.#fd = openSync(path, "r");
    this.#watcher = watch(path, () => this.#read());
  }

  /** Resolves when every span that began has ended, or the run has gone quiet. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#onSettled = resolve;
      this.#schedule();
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#watcher.close();
    closeSync(this.#fd);
  }

  #read(): void {
    const length = fstatSync(this.#fd).size - this.#offset;
    if (length <= 0) return;
    const bytes = Buffer.alloc(length);
    this.#offset += readSync(this.#fd, bytes, 0, length, this.#offset);
    const lines = (this.#partialLine + bytes.toString()).split("\n");
    this.#partialLine = lines.pop()!;
    this.#pending = [...this.#pending, ...parseSpool(lines.join("\n"))].sort(byTime);
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#flush(), SETTLE_MS);
  }

  #flush(): void {
    for (const event of this.#pending) {
      if (event.kind === "begin") this.#openSpans.add(event.span);
      if (event.kind === "end") this.#openSpans.delete(event.span);
      this.events.push(event);
      this.#emit(event);
    }
    this.#pending = [];
    if (!this.#onSettled) return;
    if (this.#openSpans.size === 0) this.#onSettled();
    else this.#timer = setTimeout(this.#onSettled, QUIET_MS);
  }
}
