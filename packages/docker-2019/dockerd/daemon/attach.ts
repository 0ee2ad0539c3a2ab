/**
 * Attaching to a process: a client's standard input to the process, and the process's outputs to the client, on one connection.
 *
 *     client ──raw──▶ stdin                stdout, stderr ──▶ client: frames, or raw with a terminal
 *
 * The end of what the client sends closes the container's standard input only if it was opened for one client and is no terminal, from which
 * one goes away and comes back; it never ends the connection.
 */
import type { Duplex, Writable } from "node:stream";
import { frameHeader, STREAM_TYPES } from "../../engine-api/stdcopy.ts";
import { ClientOutput, type Framing, type StreamConfig } from "../container/stream-config.ts";
import { DetachKeys } from "./detach-keys.ts";
import { destroyAfterHangUp } from "./hang-up.ts";

/** Which streams a client wants. */
export interface AttachWishes {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly terminal: boolean;
  /** `ctrl-p,ctrl-q`: keys in standard input that mean to leave. */
  readonly detachKeys: string;
  /** Whether outputs go out as they are: of a terminal, or over a WebSocket. */
  readonly raw: boolean;
}

/** How the end of a client's input is passed on. */
export type CloseStdin = (() => Promise<void>) | undefined;

/**
 * Serves a client until the process's output ends, or the client goes.
 *
 * Listens from the moment of the call: call before the process is started, and nothing is missed.
 *
 * @param closeStdin - Closes the process's standard input; undefined if it is to stay open for the next client.
 */
export async function attach(
  streams: StreamConfig,
  client: Duplex,
  wishes: AttachWishes,
  closeStdin: CloseStdin,
): Promise<void> {
  const output = new ClientOutput(client, framing(wishes));
  streams.add(output);
  client.on("error", () => {}); // "close" follows
  destroyAfterHangUp(client);
  if (wishes.stdin) void pipeInput(streams, client, wishes, closeStdin);
  else client.resume(); // so that its end is seen, and nothing else
  await output.ended;
  streams.remove(output);
  client.end();
}

function framing({ stdout, stderr, raw }: AttachWishes): Framing {
  const wanted = { stdout, stderr };
  return (chunk, stream) => {
    if (!wanted[stream]) return [];
    return raw ? [chunk] : [frameHeader(STREAM_TYPES[stream], chunk.length), chunk];
  };
}

/** What comes before there is a process waits in the connection. */
async function pipeInput(
  streams: StreamConfig,
  client: Duplex,
  { detachKeys, terminal }: AttachWishes,
  closeStdin: CloseStdin,
): Promise<void> {
  client.once("end", () => {
    if (closeStdin && !terminal) streams.closeStdin(closeStdin).catch(() => {}); // the process may have ended
  }); // listened to now: with nothing before it, it comes also to those who don't read yet
  const stdin = await streams.stdin();
  const keys = terminal ? new DetachKeys(detachKeys) : undefined;
  client.on("data", (chunk: Buffer) => {
    const { passed, isDetached } = keys?.take(chunk) ?? { passed: chunk, isDetached: false };
    if (isDetached) client.destroy();
    else if (stdin && !stdin.destroyed && !stdin.write(passed)) wait(client, stdin);
  });
  client.resume();
}

function wait(client: Duplex, stdin: Writable): void {
  client.pause();
  const goOn = () => {
    for (const event of ["drain", "close"]) stdin.off(event, goOn);
    client.resume();
  };
  for (const event of ["drain", "close"]) stdin.on(event, goOn);
}
