/** Where the output of a container's process goes that a runtime starts in the background: into a file, or onto a terminal. */
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ReadStream } from "node:tty";
import { acceptUnix, listenUnix, recvFds } from "@eras/linux/fd-passing.ts";
import { POLLIN, poll } from "@eras/linux/poll.ts";
import { waitForEnd } from "@eras/linux/wait.ts";

const PATIENCE_MS = 20_000;

export interface ProcessOutput {
  /** More flags for the runtime. */
  readonly flags: readonly string[];
  /** For the runtime itself. Nothing that others use, such as /dev/null: crun makes it the container's user's own. */
  readonly stdio: [number, number, number];
  /** Call when the runtime has been started. */
  accept(): void;
  /** What the runtime itself has said. */
  readonly complaint: string;
  /** Waits for the process, an orphan that we have adopted, and returns all that it has printed. */
  of(pid: number): Promise<string>;
}

/** @param dir - For the files. */
export function openOutput(dir: string, terminal: boolean): ProcessOutput {
  return terminal ? new TerminalOutput(dir) : new FileOutput(dir);
}

/** The process inherits the runtime's files. */
class FileOutput implements ProcessOutput {
  readonly flags: readonly string[] = [];
  readonly #files: Files;

  constructor(dir: string) {
    this.#files = new Files(dir);
  }

  get stdio(): [number, number, number] {
    return this.#files.stdio;
  }

  accept(): void {
    this.#files.close(); // the runtime has them by now
  }

  get complaint(): string {
    return this.#files.text;
  }

  async of(pid: number): Promise<string> {
    await waitForEnd(pid);
    return this.complaint;
  }
}

/** The runtime sends the terminal's master to our socket. */
class TerminalOutput implements ProcessOutput {
  readonly flags: readonly string[];
  readonly #listener: number;
  readonly #files: Files;
  #shown = "";
  #closed: Promise<unknown> | undefined;

  constructor(dir: string) {
    const socket = join(dir, "console.sock");
    this.flags = ["--console-socket", socket];
    this.#listener = listenUnix(socket);
    this.#files = new Files(dir);
  }

  get stdio(): [number, number, number] {
    return this.#files.stdio;
  }

  accept(): void {
    this.#files.close();
    const [called] = poll([{ fd: this.#listener, events: POLLIN }], PATIENCE_MS);
    const master = called === 0 ? undefined : this.#receiveMaster();
    closeSync(this.#listener);
    if (master === undefined) return; // the runtime has failed, and says why
    const screen = new ReadStream(master);
    screen.setEncoding("utf8").on("data", (text: string) => (this.#shown += text));
    screen.on("error", () => {}); // EIO: how a terminal ends
    this.#closed = new Promise((resolve) => screen.on("close", resolve));
  }

  #receiveMaster(): number | undefined {
    const connection = acceptUnix(this.#listener);
    try {
      return recvFds(connection, 1).fds[0];
    } finally {
      closeSync(connection);
    }
  }

  get complaint(): string {
    return this.#files.text;
  }

  async of(pid: number): Promise<string> {
    await waitForEnd(pid);
    await this.#closed;
    return this.#shown.replaceAll("\r\n", "\n");
  }
}

/** An empty input, and an output that can be read again. */
class Files {
  readonly #output: string;
  readonly stdio: [number, number, number];

  constructor(dir: string) {
    this.#output = join(dir, "output");
    writeFileSync(join(dir, "input"), "");
    const output = openSync(this.#output, "w");
    this.stdio = [openSync(join(dir, "input"), "r"), output, output];
  }

  close(): void {
    closeSync(this.stdio[0]);
    closeSync(this.stdio[1]);
  }

  get text(): string {
    return readFileSync(this.#output, "utf8");
  }
}
