/** Connections that are the standard streams of a command, which leads to the daemon: ssh, to the docker of another machine. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Agent } from "node:http";
import { Duplex } from "node:stream";

/** Of what the command says on stderr, the part that is told when it fails. */
const TOLD_BYTES = 4096;

export function commandAgent(command: readonly string[]): Agent {
  const agent = new Agent({ keepAlive: true });
  agent.createConnection = () => new CommandStream(command);
  return agent;
}

export class CommandStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  #stderr = "";

  /** In a session of its own: Ctrl-C is docker's affair, and what it makes of it has to get through. */
  constructor(command: readonly string[]) {
    super({ allowHalfOpen: true });
    const [program = "", ...words] = command;
    this.#child = spawn(program, words, { detached: true });
    const { stdin, stdout, stderr } = this.#child;
    stdout.on("data", (bytes) => this.push(bytes) || stdout.pause());
    stderr.on("data", (text) => {
      this.#stderr = `${this.#stderr}${text}`.slice(-TOLD_BYTES);
    });
    stdin.on("error", () => {}); // of a command that has ended: its status says why
    this.#child.on("error", () => this.destroy(new Error(`exec: "${program}": executable file not found in $PATH`)));
    this.#child.on("close", (status, signal) => this.#end(command, status === null ? `signal: ${signal}` : status));
  }

  #end(command: readonly string[], how: string | number): void {
    if (how === 0) return void this.push(null);
    this.destroy(
      new Error(
        `command [${command.join(" ")}] has exited with ${typeof how === "number" ? `exit status ${how}` : how}, ` +
          "please make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: " +
          `stderr=${this.#stderr}`,
      ),
    );
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#child.stdin.write(bytes, () => done());
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill();
    done(error);
  }

  // What the HTTP client asks of a socket: a pipe has none of it.

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    this.#child.ref();
    return this;
  }

  unref(): this {
    this.#child.unref();
    return this;
  }
}
