/**
 * UDP: there are no connections, but answers have to find the way back. So each client gets a socket of its own towards the container, and
 * what comes back on it is sent to that client, from the published port. It is closed when nothing has passed for a while.
 *
 *     client A ──▶ ┌──────────┐ ──▶ socket A ──▶ container
 *     client B ──▶ │ the port │ ──▶ socket B ──▶ container
 *              ◀── └──────────┘ ◀── …
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import type { Endpoint } from "./command-line.ts";
import { listenError } from "./listen-error.ts";

/** The original's UDPConnTrackTimeout: how long the way back is kept after the last datagram. */
const SESSION_IDLE_MS = 90_000;

/** Node asks the kernel for the lower 16 bits of a UDP port, whatever it was. */
const MAX_PORT = 65_535;

/** A client's own socket towards the container. */
interface Session {
  readonly upstream: Socket;
  readonly connected: Promise<unknown>;
  readonly idle: NodeJS.Timeout;
}

/**
 * Listens on the host's port until the process ends.
 *
 * @param idleMs - Of a client, until its socket is closed.
 * @returns The socket that listens.
 * @throws {Error} In docker-proxy's words, when it can't.
 */
export async function udpProxy(host: Endpoint, container: Endpoint, idleMs = SESSION_IDLE_MS): Promise<Socket> {
  const sessions = new Map<string, Session>();
  const socket = await listen(host);
  socket.on("message", (datagram, client) => {
    const key = `${client.address} ${client.port}`;
    const session = sessions.get(key) ?? openSession(socket, client, container, idleMs);
    if (!sessions.has(key)) session.upstream.once("close", () => sessions.delete(key));
    sessions.set(key, session);
    session.idle.refresh();
    session.connected.then(() => send(session.upstream, datagram), ignored);
  });
  return socket;
}

async function listen(host: Endpoint): Promise<Socket> {
  const socket = newSocket(host.ip);
  try {
    if (host.port < 0 || host.port > MAX_PORT) throw Object.assign(new Error(), { code: "ERR_SOCKET_BAD_PORT" }); // as for TCP
    const listening = once(socket, "listening"); // which may come at once
    socket.bind({ address: host.ip, port: host.port, exclusive: true });
    await listening;
  } catch (error) {
    throw listenError("udp", host, error);
  }
  return socket.on("error", ignored); // a client that has gone refuses its answer
}

function openSession(socket: Socket, client: RemoteInfo, container: Endpoint, idleMs: number): Session {
  const upstream = newSocket(container.ip);
  const idle = setTimeout(() => upstream.close(), idleMs);
  upstream.on("message", (datagram) => {
    idle.refresh();
    socket.send(datagram, client.port, client.address, ignored);
  });
  const connected = once(upstream, "connect");
  connected.catch(() => upstream.close()); // there is no way now; the client's next datagram may find one
  upstream.once("close", () => clearTimeout(idle));
  upstream.on("error", ignored); // nobody has that port in the container now, which may change
  upstream.connect(container.port, container.ip); // from here on it hears the container alone
  return { upstream, connected, idle };
}

/** An error is told to the next one who sends, whose datagram then stays behind: it is sent once more. */
function send(upstream: Socket, datagram: Buffer): void {
  upstream.send(datagram, (error) => {
    if (error !== null && "code" in error && error.code === "ECONNREFUSED") upstream.send(datagram, ignored);
  });
}

/** A datagram may get lost: that is what UDP means. */
function ignored(): void {}

/** Addresses are numbers here: nobody needs to be asked for them. IPv4 has a proxy of its own, which may have the same port. */
function newSocket(ip: string): Socket {
  const family = isIPv6(ip) ? 6 : 4;
  return createSocket({
    type: `udp${family}`,
    ipv6Only: family === 6,
    lookup: (address, _options, callback) => callback(null, address, family),
  });
}
