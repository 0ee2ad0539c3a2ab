/**
 * Takes in what programs of a test leave running when they end, as init does: each is seen, and reaped when it ends.
 *
 * @see https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html
 */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { setChildSubreaper } from "@eras/linux/prctl.ts";
import { childrenOf, processExists } from "@eras/linux/proc.ts";
import { WNOHANG, waitpid } from "@eras/linux/wait.ts";

const LOOK_EVERY_MS = 5;

export class Orphanage {
  /** Children that Node waits for itself. */
  readonly #ofNode = new Set<number>();
  readonly #rounds: NodeJS.Timeout;

  constructor() {
    setChildSubreaper(true);
    this.#rounds = setInterval(() => this.#reap(), LOOK_EVERY_MS);
  }

  /** Starts a program whose orphans come here. All programs of the test have to be started so. */
  spawn(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn(program, args, options);
    const { pid } = child;
    if (pid !== undefined) this.#ofNode.add(pid);
    child.once("exit", () => this.#ofNode.delete(pid!));
    return child;
  }

  /** Orphans that live. */
  get pids(): number[] {
    return this.#all.filter((pid) => processExists(pid));
  }

  /** Ends those that are left, of a test that failed. */
  async close(): Promise<void> {
    for (const pid of this.pids) process.kill(pid, "SIGKILL");
    while (this.#all.length > 0) await delay(LOOK_EVERY_MS);
    clearInterval(this.#rounds);
    setChildSubreaper(false);
  }

  get #all(): number[] {
    return childrenOf("self").filter((pid) => !this.#ofNode.has(pid));
  }

  #reap(): void {
    for (const pid of this.#all) waitpid(pid, WNOHANG);
  }
}
