/**
 * A client's connection, before Node's HTTP/2 has it: those that need the filter of authority.ts get it, and cost more. The others go on
 * as sockets, whose bytes Node takes without any JavaScript.
 *
 * Which it is the first request tells. Newer clients don't send one before they have the server's SETTINGS, so they are sent some.
 */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { AuthorityFilter, EMPTY_SETTINGS } from "./authority.ts";

/** As much as a client may send ahead: a window of flow control, and what it says of itself. */
const BYTES_AHEAD_MAX = 1 << 18;

/** @param serve - Is given the connection when the first request has come; not at all, if none does. */
export function acceptConnection(socket: Socket, serve: (connection: Duplex) => void): void {
  const filter = new AuthorityFilter();
  const ahead: Buffer[] = [];
  const look = (chunk: Buffer) => {
    ahead.push(...filter.take(chunk));
    const isKnown = filter.acknowledged && filter.requests > 0;
    if (!isKnown && Buffer.concat(ahead).length > BYTES_AHEAD_MAX) socket.destroy();
    if (!isKnown) return;
    socket.off("data", look).off("error", ignore).pause();
    serve(filter.hasReplaced ? filtered(socket, filter, ahead) : socketFrom(socket, filter, ahead));
  };
  socket.on("data", look).on("error", ignore).write(EMPTY_SETTINGS);
}

/** Nobody has the connection yet who could be told. */
function ignore(): void {}

function socketFrom(socket: Socket, filter: AuthorityFilter, ahead: readonly Buffer[]): Socket {
  socket.unshift(Buffer.concat([...ahead, filter.held]));
  return socket;
}

/** The socket, with all that comes from it filtered. */
function filtered(socket: Socket, filter: AuthorityFilter, ahead: readonly Buffer[]): Duplex {
  const duplex = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _, done) => void socket.write(chunk, done),
    writev: (chunks: readonly { chunk: Buffer }[], done) =>
      void socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  for (const piece of ahead) duplex.push(piece);
  socket.on("data", (chunk: Buffer) => {
    for (const piece of filter.take(chunk)) if (!duplex.push(piece)) socket.pause();
  });
  socket.on("end", () => duplex.push(null)).on("close", () => duplex.destroy());
  socket.on("error", (error) => duplex.destroy(error));
  return duplex;
}
