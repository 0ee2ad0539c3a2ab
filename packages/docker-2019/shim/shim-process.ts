/**
 * A process with streams, of which the shim knows the end: a container's first one, or an exec's.
 */
import { closeSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { kill } from "@eras/linux/signals.ts";
import { FailedPrecondition, NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Console } from "./console.ts";
import { adopt, type ProcessExit } from "./reaper.ts";
import type { Streams } from "./runc-cli.ts";
import { openStdio, type Stdio, type StdioOwner, type StdioRequest } from "./stdio.ts";
import { checkState, type State } from "./task-state.ts";

/** Streams and terminal, as the client asks for them. */
export interface ProcessIo extends StdioRequest {
  readonly terminal: boolean;
}

export class ShimProcess {
  readonly io: ProcessIo;
  readonly #owner: StdioOwner;
  pid = 0;
  exit: ProcessExit | undefined;
  /** Set by pause and resume: runc knows too, but would have to be asked. */
  paused = false;
  /** Resolves with the exit, whenever that is known. */
  readonly ended: Promise<ProcessExit>;
  #console: Console | undefined;
  #stdio: Stdio | undefined;
  readonly #setEnded: (exit: ProcessExit) => void;
  readonly #beforeEnd: () => Promise<void>;
  #starting: Promise<void> = Promise.resolve();
  #started = false;

  /** @param beforeEnd - To be done when it has ended, before anybody hears of that. */
  constructor(io: ProcessIo, owner: StdioOwner, beforeEnd = () => Promise.resolve()) {
    this.io = io;
    this.#owner = owner;
    this.#beforeEnd = beforeEnd;
    const { promise, resolve } = Promise.withResolvers<ProcessExit>();
    this.ended = promise;
    this.#setEnded = resolve;
  }

  get state(): State {
    if (this.exit) return "stopped";
    if (!this.#started) return "created";
    return this.paused ? "paused" : "running";
  }

  /**
   * Has the runtime make the process, with its streams.
   *
   * @param make - Calls the runtime with these streams, and with the option that names the console socket; gives the PID.
   */
  async make(make: (streams: Streams | undefined, consoleArgs: readonly string[]) => Promise<number>): Promise<void> {
    const adoption = adopt();
    try {
      this.pid = this.io.terminal ? await this.#makeOnTerminal(make) : await this.#makeOnStreams(make);
      void this.#awaitEnd(adoption.exitOf(this.pid));
    } finally {
      adoption.end();
    }
  }

  async #makeOnTerminal(
    make: (streams: undefined, consoleArgs: readonly string[]) => Promise<number>,
  ): Promise<number> {
    const { Console, ConsoleSocket } = await import("./console.ts");
    const socket = new ConsoleSocket();
    try {
      const pid = await make(undefined, ["--console-socket", socket.path]);
      this.#console = await Console.serve(socket.receive(), this.io, this.#owner);
      return pid;
    } finally {
      socket.close();
    }
  }

  async #makeOnStreams(make: (streams: Streams, consoleArgs: readonly string[]) => Promise<number>): Promise<number> {
    const stdio = await openStdio(this.io, this.#owner);
    try {
      const pid = await make(stdio.streams, []);
      this.#stdio = stdio;
      return pid;
    } catch (error) {
      stdio.close();
      throw error;
    } finally {
      for (const fd of new Set(stdio.streams)) closeSync(fd); // the process has them: our copies would keep its outputs open
    }
  }

  async #awaitEnd(ending: Promise<ProcessExit>): Promise<void> {
    const exit = await ending;
    await this.#starting;
    await this.#beforeEnd();
    this.exit = exit;
    this.#setEnded(exit);
  }

  /**
   * Starts its program, and tells of it.
   *
   * However soon the program ends: nobody hears of its end before `begin` is done.
   *
   * @throws {Unknown} When it is started already.
   */
  async start(begin: () => Promise<void>): Promise<void> {
    checkState("start", this.state);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#starting = promise;
    this.#started = true;
    try {
      await begin();
    } catch (error) {
      this.#started = false;
      throw error;
    } finally {
      resolve();
    }
  }

  /** Sends a signal. @throws {NotFound} When it has ended. @throws {FailedPrecondition} When it is not there yet. */
  signal(signal: number): void {
    if (this.pid === 0) throw new FailedPrecondition("process not created: failed precondition");
    if (this.exit) throw new NotFound("process already finished: not found");
    try {
      kill(this.pid, signal);
    } catch (error) {
      if (!isErrno(error, "ESRCH")) throw error;
      throw new NotFound("process already finished: not found", { cause: error });
    }
  }

  resize(columns: number, rows: number): void {
    this.#console?.resize(columns, rows);
  }

  closeStdin(): void {
    this.#console?.closeStdin();
    this.#stdio?.closeStdin();
  }

  /** Waits until what the process has printed is with the client, but not for ever, and lets go of the streams. */
  async closeIo(): Promise<void> {
    await Promise.race([Promise.all([this.#console?.drained, this.#stdio?.drained]), delay(DRAIN_MS)]);
    this.#console?.close();
    this.#stdio?.close();
  }
}

const DRAIN_MS = 2_000;

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
