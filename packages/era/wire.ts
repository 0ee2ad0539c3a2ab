/** Talks to the daemon in its own protocol: one JSON line of arguments, then input; everything until it closes is the answer. */
import { connect, type Socket } from "node:net";
import { parseAddress, type World } from "./world.ts";

/** A daemon on this machine answers at once; one that takes this long is something else on our port, or stuck. */
const ANSWER_TIMEOUT_MS = 30_000;

/** @returns A connection, or undefined if nobody listens there. */
function connectTo(address: string): Promise<Socket | undefined> {
  const socket = connect({ ...parseAddress(address), allowHalfOpen: true });
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(socket));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNREFUSED" ? resolve(undefined) : reject(error),
    );
  });
}

/**
 * Runs one command in the daemon.
 *
 * @param input - What the command reads, in pieces.
 * @returns What it printed, or undefined if nobody listens.
 */
async function ask(world: World, args: readonly string[], input: Iterable<Buffer> = []): Promise<string | undefined> {
  const socket = await connectTo(world.tcp);
  if (!socket) return undefined;
  socket.setTimeout(ANSWER_TIMEOUT_MS, () =>
    socket.destroy(new Error(`Cannot run "${args.join(" ")}" at ${world.tcp}: no answer`)),
  );
  socket.setEncoding("utf8");
  const [answer] = await Promise.all([readAll(socket), send(socket, args, input)]);
  return answer;
}

async function readAll(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

async function send(socket: Socket, args: readonly string[], input: Iterable<Buffer>): Promise<void> {
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(`${JSON.stringify(args)}\n`);
  for (const chunk of input) {
    if (!socket.write(chunk)) await Promise.race([closed, new Promise((resolve) => socket.once("drain", resolve))]);
    if (socket.destroyed) return;
  }
  socket.end();
}

/**
 * Whether the daemon is there.
 *
 * @throws {Error} When something else listens at its address.
 */
export async function daemonAnswers(world: World): Promise<boolean> {
  const help = await ask(world, ["help"]);
  if (help === undefined) return false;
  if (help.startsWith("Usage: docker")) return true;
  throw new Error(
    `Cannot use ${world.tcp}: what listens there is not dockerd-2013 (ERAS_2013_TCP names another address)`,
  );
}

/** Whether anybody listens at an address, `host:port`. Nothing is asked, so nothing shows in a daemon's log. */
export async function isListening(address: string): Promise<boolean> {
  const socket = await connectTo(address);
  socket?.destroy();
  return socket !== undefined;
}

/** Whether the daemon has an image of this name; false also if there is no daemon. */
export async function hasImage(world: World, name: string): Promise<boolean> {
  const answer = await ask(world, ["images", "-q", name]);
  return answer?.split("\n").some((id) => id.startsWith(`${name}:`)) ?? false;
}

/** `docker put NAME`. @param tar - The image's file system. @throws {Error} With the daemon's words when it refuses. */
export async function putImage(world: World, name: string, tar: Iterable<Buffer>): Promise<void> {
  const answer = await ask(world, ["put", name], tar);
  if (!answer?.split("\n").some((line) => line.startsWith(`${name}:`))) {
    throw new Error(`Cannot put image ${name}: ${answer?.trim() ?? "the daemon has gone"}`);
  }
}
