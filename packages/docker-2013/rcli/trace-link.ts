/**
 * How a traced command finds its request in the daemon, without a byte more on the wire.
 *
 * rcli has no room for a header: one line of arguments, then the user's bytes. But client and daemon both know the connection's four
 * numbers. The client writes a note under that name before it sends the line; the daemon looks for the note after reading it.
 *
 *     <run>/trace/127.0.0.1:53412-127.0.0.1:4242    {"ERAS_TRACE":"<spool file>","ERAS_TRACE_PARENT":"<span>"}
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { emit, isTraced, traceEnvironment, traceRequest } from "@eras/trace/context.ts";
import type { TraceMessage } from "@eras/trace/event.ts";

/** Environment of a traced client: the daemon's directory of notes. */
export const LINKS_VARIABLE = "ERAS_TRACE_LINKS";

/** The client's half: call when connected, before `line` is sent. Does nothing where the run is not traced. */
export function announceTrace(socket: Socket, line: string): void {
  const links = process.env[LINKS_VARIABLE];
  if (!isTraced() || !links) return;
  const id = `${socket.localAddress}:${socket.localPort}-${socket.remoteAddress}:${socket.remotePort}`;
  mkdirSync(links, { recursive: true, mode: 0o700 });
  writeFileSync(join(links, id), JSON.stringify(traceEnvironment()), { mode: 0o600 });
  emit("send", "rcli", { msg: message(id, line) });
}

/**
 * The daemon's half: runs `work`, as a part of the run that the client announced for this connection, if it did.
 *
 * @param links - The daemon's directory of notes.
 * @param line - The request line as received, for the trace to show.
 */
export async function adoptTrace(
  socket: Socket,
  links: string,
  line: string,
  work: () => Promise<void>,
): Promise<void> {
  const id = `${socket.remoteAddress}:${socket.remotePort}-${socket.localAddress}:${socket.localPort}`;
  const note = takeNote(join(links, id));
  if (!note) return work();
  await observeKernel();
  await traceRequest(note.ERAS_TRACE, "dockerd", note.ERAS_TRACE_PARENT, () => {
    emit("recv", "rcli", { msg: message(id, line) });
    return work();
  });
}

function message(id: string, line: string): TraceMessage {
  return { channel: "rcli", from: "docker", to: "dockerd", id, summary: line.trimEnd() };
}

function takeNote(path: string): { ERAS_TRACE: string; ERAS_TRACE_PARENT: string } | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined; // Nobody traces this request: the usual case.
  }
  rmSync(path);
  return JSON.parse(text);
}

/** From the first traced request on, the daemon's kernel calls are reported; untraced requests among them write nothing. */
async function observeKernel(): Promise<void> {
  const { observeCalls } = await import("@eras/linux/libc.ts");
  const { traceKernelCall } = await import("@eras/trace/kernel.ts");
  observeCalls(traceKernelCall);
}
