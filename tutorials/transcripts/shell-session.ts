/** One shell for a chapter's commands, so that `cd` and variables last from one to the next. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import type { ChapterWorld } from "./world.ts";

export interface CommandOutcome {
  /** Of both its streams, as a terminal would show them. */
  readonly lines: readonly string[];
  readonly exitCode: number;
}

export class ShellSession {
  readonly #shell: ChildProcessByStdio<Writable, Readable, null>;
  /** Between a command's output and its exit code. */
  readonly #mark = `---${randomBytes(6).toString("hex")}---`;
  #read = "";
  #wake: () => void = () => {};

  constructor(world: ChapterWorld) {
    const [program, ...args] = world.within(["bash", "--noprofile", "--norc"]);
    this.#shell = spawn(program!, args, { env: world.env, stdio: ["pipe", "pipe", "ignore"] });
    this.#shell.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#read += text;
      this.#wake();
    });
    this.#shell.once("close", () => this.#wake());
  }

  /** Runs a command; its stdin is empty. @throws {Error} When the shell itself has ended, or it takes more than `patienceMs`. */
  async run(line: string, patienceMs = 60_000): Promise<CommandOutcome> {
    this.#read = "";
    this.#shell.stdin.write(`{ ${line}\n} </dev/null 2>&1; printf '%s %d\\n' '${this.#mark}' $?\n`);
    const end = new RegExp(`${this.#mark} (\\d+)\\n`);
    const deadline = AbortSignal.timeout(patienceMs);
    for (;;) {
      const found = end.exec(this.#read);
      if (found) return { lines: linesOf(this.#read.slice(0, found.index)), exitCode: Number(found[1]) };
      if (this.#shell.exitCode !== null) throw new Error(`The shell has ended in: ${line}\n${this.#read}`);
      if (deadline.aborted) throw new Error(`No end after ${patienceMs} ms: ${line}\n${this.#read}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        deadline.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  end(): void {
    this.#shell.stdin.end();
  }
}

/** What a screen would show in the end: without the carriage returns by which a progress line overwrites itself. */
export function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.replace(/\r+$/, "").replace(/^.*\r/, "").trimEnd());
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
