/**
 * TCP: each client gets a connection to the container of its own, and the two are joined both ways.
 *
 *     client ══════ proxy ══════ container
 *       │ end of input ──▶ end of input │      either direction ends by itself: "here is my request, now I listen"
 *       │ reset ─────────────────▶ reset│      what breaks here breaks there
 */
import { connect, createServer, type Socket } from "node:net";
import type { Endpoint } from "./command-line.ts";
import { listenError } from "./listen-error.ts";

/** Go's, for every connection: no waiting for more to send, and a question every 15 seconds whether the other side is still there. */
const CONNECTION = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 } as const;

/** Listens on the host's port until the process ends. @throws {Error} In docker-proxy's words, when it can't. */
export function tcpProxy(host: Endpoint, container: Endpoint): Promise<void> {
  const server = createServer(CONNECTION, (client) => passOn(client, container));
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenError("tcp", host, error)));
    const listening = () => {
      server.removeAllListeners("error").on("error", () => {}); // one client that could not be accepted; the next one may be
      resolve();
    };
    try {
      // IPv4 has a proxy of its own, and may have the same port.
      server.listen({ host: host.ip, port: host.port, ipv6Only: true, backlog: BACKLOG }, listening);
    } catch (error) {
      reject(listenError("tcp", host, error));
    }
  });
}

/** Clients that may wait to be accepted; the kernel takes it for as many as net.core.somaxconn says. */
const BACKLOG = 4096;

function passOn(client: Socket, { ip, port }: Endpoint): void {
  const upstream = connect({ ...CONNECTION, host: ip, port });
  client.pipe(upstream).pipe(client); // which passes on the end of either direction
  client.on("error", () => upstream.resetAndDestroy());
  upstream.on("error", () => {
    if (upstream.bytesRead + upstream.bytesWritten === 0)
      client.destroy(); // nobody was there: as if this were the container
    else client.resetAndDestroy();
  });
}
