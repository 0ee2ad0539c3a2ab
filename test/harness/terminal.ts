/**
 * A person at a terminal, for a test: types, reads what appears, changes the window's size.
 *
 *     test ── master ═╪═ slave ── the program, which has the slave as its controlling terminal
 *
 * Nothing sleeps: a test waits for the text that tells that it may go on.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import { getTermios, openpty, setWindowSize, type Termios, type Winsize } from "@eras/linux/tty.ts";

const PATIENCE_MS = 30_000;

export class Terminal {
  readonly #master: number;
  readonly #slave: number;
  readonly #screen: ReadStream;
  #shown = "";
  /** How much of `#shown` has been waited for. */
  #read = 0;

  constructor(size: Winsize = { rows: 24, columns: 80 }) {
    const { master, slave } = openpty();
    this.#master = master;
    this.#slave = slave;
    this.#screen = new ReadStream(master);
    this.#screen.setEncoding("utf8").on("data", (text: string) => (this.#shown += text));
    this.#screen.on("error", () => {}); // EIO: how a terminal ends
    this.resize(size);
  }

  /** Starts a program on it, as the leader of a session of its own: only one at a time. */
  run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
    return spawn("setsid", ["--ctty", program, ...args], { stdio: [this.#slave, this.#slave, this.#slave], env });
  }

  /** Presses keys: `\r` is Enter, `\x03` Ctrl-C. */
  type(keys: string): void {
    writeSync(this.#master, keys);
  }

  /**
   * Waits until `text` appears after what was waited for before.
   *
   * @returns The first group of the pattern; without one, all that it matched.
   * @throws {Error} When it has not appeared after ten seconds: what has instead.
   */
  async waitFor(text: string | RegExp): Promise<string> {
    const pattern = typeof text === "string" ? new RegExp(RegExp.escape(text)) : text;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const match = pattern.exec(this.#shown.slice(this.#read));
      if (match) {
        this.#read += match.index + match[0].length;
        return match[1] ?? match[0];
      }
      await once(this.#screen, "data", { signal }).catch((error: unknown) => {
        const shown = JSON.stringify(this.#shown.slice(this.#read));
        throw new Error(`Cannot find ${pattern} on the terminal, which shows ${shown}`, { cause: error });
      });
    }
  }

  /** All that was ever shown. */
  get shown(): string {
    return this.#shown;
  }

  resize(size: Winsize): void {
    setWindowSize(this.#master, size);
  }

  /** What `stty -a` would say. */
  get settings(): Termios {
    return getTermios(this.#slave);
  }

  /** As closing its window does: what still runs on it gets SIGHUP. */
  close(): void {
    this.#screen.destroy();
    closeSync(this.#slave);
  }
}
