/**
 * Listens in on the Engine API: a socket that hands everything on to a daemon's, both ways and unchanged, and notes the requests in the order in
 * which they arrive.
 *
 *     docker ──▶ api-log.sock ──▶ docker.sock ──▶ dockerd
 *                     └ "POST /v1.40/containers/create", its body
 */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export interface LoggedRequest {
  /** `POST /v1.40/containers/create` */
  readonly line: string;
  readonly headers: string;
  /** As it was sent: of a chunked one, with the chunks' sizes. */
  body: string;
}

const HEAD_END = "\r\n\r\n";

export class ApiLog {
  readonly requests: LoggedRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(daemonSocket: string) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#handOn(client, daemonSocket));
  }

  static async start(socketPath: string, daemonSocket: string): Promise<ApiLog> {
    const log = new ApiLog(daemonSocket);
    log.#server.listen(socketPath);
    await once(log.#server, "listening");
    return log;
  }

  /** The lines of the requests since the last time, without IDs: these are `ID`. */
  takeLines(): string[] {
    return this.takeRequests().map(({ line }) => line.replace(/[0-9a-f]{64}/g, "ID"));
  }

  takeRequests(): LoggedRequest[] {
    return this.requests.splice(0);
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #handOn(client: Socket, daemonSocket: string): void {
    const daemon = connect({ path: daemonSocket, allowHalfOpen: true });
    const note = requestReader((request) => this.requests.push(request));
    for (const socket of [client, daemon]) this.#sockets.add(socket.on("error", () => {})); // either may go first
    client.on("data", note);
    client.pipe(daemon);
    daemon.pipe(client);
    client.on("close", () => daemon.destroy());
    daemon.on("close", () => client.destroy());
  }
}

/** Finds the requests in the bytes of a connection. After an upgrade there are no more. */
function requestReader(found: (request: LoggedRequest) => void): (bytes: Buffer) => void {
  let text = "";
  let upgraded = false;
  let current: LoggedRequest | undefined;
  let bodyLeft = 0;
  return (bytes) => {
    if (upgraded) return;
    text += bytes.toString("latin1");
    for (;;) {
      if (current && bodyLeft > 0) {
        const piece = text.slice(0, bodyLeft);
        current.body += piece;
        bodyLeft -= piece.length;
        text = text.slice(piece.length);
        if (bodyLeft > 0) return;
      }
      const end = text.indexOf(HEAD_END);
      if (end === -1) return;
      const head = text.slice(0, end);
      text = text.slice(end + HEAD_END.length);
      current = { line: head.slice(0, head.indexOf(" HTTP/")), headers: head, body: "" };
      found(current);
      bodyLeft = bodyLength(head);
      upgraded = /\r\nUpgrade:/i.test(head) && bodyLeft === 0;
    }
  };
}

/** A chunked body is the last of its connection that is of interest here. */
function bodyLength(head: string): number {
  if (/\r\nTransfer-Encoding: chunked/i.test(head)) return Number.POSITIVE_INFINITY;
  return Number(/\r\nContent-Length: (\d+)/i.exec(head)?.[1] ?? 0);
}
