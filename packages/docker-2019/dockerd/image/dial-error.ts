/** Why there is no connection to a registry, as Go's net/http says it: people know the words, and tools look for them. */
import { createSocket } from "node:dgram";
import { getServers } from "node:dns";
import { isIPv6 } from "node:net";

const CONNECT: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "connection timed out",
};
const DNS_PORT = 53;

interface NodeNetworkError extends NodeJS.ErrnoException {
  readonly hostname?: string;
  readonly address?: string;
  readonly port?: number;
}

/** `dial tcp: lookup registry-1.docker.io on 9.9.9.9:53: no such host`; undefined when it is another error. */
export async function dialText(error: unknown): Promise<string | undefined> {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof AggregateError) return dialText(error.errors[0]); // of several addresses
  const { code = "", hostname, address, port } = error as NodeNetworkError;
  if (hostname !== undefined && code === "ENOTFOUND") return lookupText(hostname, "no such host");
  if (hostname !== undefined && code === "EAI_AGAIN") return lookupText(hostname, await nameServerFailure());
  if (address !== undefined && CONNECT[code]) {
    const host = address.includes(":") ? `[${address}]` : address;
    return `dial tcp ${host}:${port}: connect: ${CONNECT[code]}`;
  }
  return dialText(error.cause);
}

function lookupText(hostname: string, reason: string): string {
  return `dial tcp: lookup ${hostname} on ${nameServer()}: ${reason}`;
}

/** `9.9.9.9:53`, of /etc/resolv.conf. */
function nameServer(): string {
  const [server = "127.0.0.1"] = getServers();
  return isIPv6(server) ? `[${server}]:${DNS_PORT}` : `${server}:${DNS_PORT}`;
}

/** libc says only that there was no answer; whether there is a way to the server can be seen by setting out. */
async function nameServerFailure(): Promise<string> {
  const [server = "127.0.0.1"] = getServers();
  const socket = createSocket(isIPv6(server) ? "udp6" : "udp4");
  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    socket.connect(DNS_PORT, server, resolve as () => void); // which is told of a failure, though its type doesn't say so
  });
  socket.close();
  const reason = CONNECT[failure?.code ?? ""];
  return reason === undefined ? "server misbehaving" : `dial udp ${nameServer()}: connect: ${reason}`;
}

/** `Get "https://registry-1.docker.io/v2/": dial tcp: lookup …`, of an error that names a URL. Docker asks for that first of all. */
export async function noConnection(error: unknown): Promise<string | undefined> {
  const dial = await dialText(error);
  const [origin] = /https?:\/\/[^/"]+/.exec((error as Error).message) ?? [];
  return dial === undefined || origin === undefined ? undefined : `Get "${origin}/v2/": ${dial}`;
}
