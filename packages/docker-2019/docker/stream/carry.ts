/**
 * Carries bytes between docker's standard streams and a container, on a connection that is no longer HTTP.
 *
 *     keyboard ─▶ detach keys? ─▶ socket            raw both ways with a terminal; without one, output comes in frames
 *     stdout, stderr ◀─ frames ◀─ socket
 *
 * Input that ends closes our half of the connection alone: output may go on for hours after it.
 */
import type { Duplex } from "node:stream";
import { isatty } from "node:tty";
import { FrameDecoder, STREAM_TYPES } from "../../engine-api/stdcopy.ts";
import { step } from "../../step.ts";
import type { Hijacked } from "../api-client.ts";
import { STDERR, STDOUT, write } from "../output/print.ts";
import { DetachKeys } from "./detach-keys.ts";

const STDIN = 0;

export interface Carriage {
  /** Whether it has a terminal, so that there are no frames. */
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly detachKeys: string;
}

/** What docker says when it lets go. */
export const DETACHED = "read escape sequence";

/** The user has pressed the detach keys. */
export class Detached extends Error {
  override readonly name = "Detached";

  constructor() {
    super(DETACHED);
  }
}

/** `docker run -it` in a pipeline. @throws {Error} */
export function checkTerminal({ tty, stdin }: Pick<Carriage, "tty" | "stdin">): void {
  if (tty && stdin && !isatty(STDIN)) throw new Error("the input device is not a TTY");
}

/** Ends when the container's output does. @throws {Detached} */
export async function carry({ socket, head }: Hijacked, how: Carriage): Promise<void> {
  step("docker.carry-streams", { terminal: how.tty });
  const { promise: detached, reject: detach } = Promise.withResolvers<never>();
  const restore = how.tty && how.stdin && isatty(STDIN) ? await rawTerminal() : () => {};
  try {
    const output = carryOutput(socket, head, how);
    if (how.stdin) carryInput(socket, how, () => detach(new Detached()));
    else socket.end();
    await Promise.race([output, detached]);
  } finally {
    restore();
    if (how.stdin) process.stdin.destroy();
    socket.destroy();
  }
}

/** FFI is loaded for a terminal alone. */
async function rawTerminal(): Promise<() => void> {
  const { makeTerminalRaw } = await import("./terminal.ts");
  const restore = makeTerminalRaw(STDIN);
  process.once("exit", restore);
  return () => {
    process.off("exit", restore);
    restore();
  };
}

function carryOutput(socket: Duplex, head: Buffer, how: Carriage): Promise<void> {
  const take = how.tty ? (bytes: Buffer) => write(STDOUT, bytes) : framesTaker(how);
  return new Promise((resolve, reject) => {
    socket.on("data", (bytes: Buffer) => {
      try {
        take(bytes);
      } catch (error) {
        reject(error);
      }
    });
    socket.on("end", resolve).on("close", resolve).on("error", reject);
    if (head.length > 0) socket.emit("data", head);
  });
}

function framesTaker({ stdout, stderr }: Carriage): (bytes: Buffer) => void {
  const decoder = new FrameDecoder((type, piece) => {
    if (type === STREAM_TYPES.systemerr) throw new Error(`error from daemon in stream: ${piece}`);
    if (type === STREAM_TYPES.stderr) {
      if (stderr) write(STDERR, piece);
    } else if (stdout) write(STDOUT, piece);
  });
  return (bytes) => decoder.write(bytes);
}

function carryInput(socket: Duplex, { tty, detachKeys }: Carriage, onDetach: () => void): void {
  const keys = tty ? new DetachKeys(detachKeys) : undefined;
  process.stdin.on("data", (input: Buffer) => {
    const { send, detached } = keys?.filter(input) ?? { send: input, detached: false };
    if (send.length > 0 && !socket.write(send)) {
      process.stdin.pause();
      socket.once("drain", () => process.stdin.resume());
    }
    if (detached) onDetach();
  });
  process.stdin.on("end", () => socket.end());
  process.stdin.on("error", () => socket.end()); // EIO of a terminal that is gone
}
