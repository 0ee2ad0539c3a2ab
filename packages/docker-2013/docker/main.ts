/**
 * docker: a pipe with a keyboard.
 *
 * It sends its arguments to the daemon and copies bytes both ways until the output ends. It knows no command, no flag and no format:
 * all of that is the daemon's. Nor does it learn how a command ended, so it exits with 0 whenever the talk itself succeeded.
 *
 *     DOCKER   address of the daemon, host:port (the original had no default)
 *     NORAW    set: leave the terminal as it is, so that Ctrl-C ends the client and not what it talks to
 */
import { isatty } from "node:tty";
import { leaveTerminal } from "@eras/linux/leave-terminal.ts";
import { startTracing } from "@eras/trace/context.ts";
import { callTCP } from "../rcli/call-tcp.ts";
import { detachedRunHint } from "./hint.ts";
import { setRawOutput, setRawTerminal } from "./terminal.ts";

const DEFAULT_ADDRESS = "127.0.0.1:4242";
const STDOUT = 1;

async function main(address: string, args: readonly string[]): Promise<void> {
  const socket = await callTCP(address, args, async (connection) => {
    if (!isatty(STDOUT)) return; // process.stdout itself is made while the daemon works
    const { announceWindowSize } = await import("../rcli/window-size.ts");
    await announceWindowSize(connection, process.stdout, setRawOutput);
  });
  const restoreTerminal = setRawTerminal();
  process.stdin.on("error", () => socket.end()).pipe(socket); // pipe's end is the half-close
  try {
    const received = await receiveStdout(socket);
    detachedRunHint(args, received);
  } finally {
    restoreTerminal();
  }
}

/** Copies the connection to stdout until the server closes it. @returns How many bytes came. */
function receiveStdout(socket: Awaited<ReturnType<typeof callTCP>>): Promise<number> {
  let received = 0;
  socket.on("data", (chunk: Buffer) => {
    received += chunk.length;
    if (process.stdout.write(chunk)) return;
    socket.pause();
    process.stdout.once("drain", () => socket.resume());
  });
  process.stdout.on("error", () => process.exit(0)); // Whoever read our output has enough: `docker logs X | head`.
  return new Promise((resolve, reject) => {
    // An empty write is done when all before it are: a reader that is slow still gets the last of a pipe's worth.
    socket.once("end", () => process.stdout.write("", () => resolve(received))).once("error", reject);
  });
}

function explain(error: unknown, address: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== "ECONNREFUSED") return message;
  return `Cannot connect to the daemon at ${address}: nobody listens there (start it with "pnpm era up 2013" or bin/dockerd-2013)`;
}

startTracing("docker");
const address = process.env.DOCKER || DEFAULT_ADDRESS;
try {
  await main(address, process.argv.slice(2));
  leaveTerminal();
  process.exit(0); // The output has ended; a stdin that is still open must not keep us.
} catch (error) {
  process.stderr.write(`docker: ${explain(error, address)}\n`);
  leaveTerminal();
  process.exit(1);
}
