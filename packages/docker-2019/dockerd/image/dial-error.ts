/** Why there is no connection to a registry, as Go's net/http says it: people know the words, and tools look for them. */

const CONNECT: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "connection timed out",
};
const LOOKUP: Readonly<Record<string, string>> = {
  ENOTFOUND: "no such host",
  EAI_AGAIN: "Temporary failure in name resolution",
};

interface NodeNetworkError extends NodeJS.ErrnoException {
  readonly hostname?: string;
  readonly address?: string;
  readonly port?: number;
}

/** `dial tcp: lookup registry-1.docker.io: no such host`; undefined when it is another error. */
export function dialText(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof AggregateError) return dialText(error.errors[0]); // of several addresses
  const { code = "", hostname, address, port } = error as NodeNetworkError;
  if (hostname !== undefined && LOOKUP[code]) return `dial tcp: lookup ${hostname}: ${LOOKUP[code]}`;
  if (address !== undefined && CONNECT[code]) {
    const host = address.includes(":") ? `[${address}]` : address;
    return `dial tcp ${host}:${port}: connect: ${CONNECT[code]}`;
  }
  return dialText(error.cause);
}

/** `Get "https://registry-1.docker.io/v2/": dial tcp: lookup …`, of an error that names a URL. Docker asks for that first of all. */
export function noConnection(error: unknown): string | undefined {
  const dial = dialText(error);
  const [origin] = /https?:\/\/[^/"]+/.exec((error as Error).message) ?? [];
  return dial === undefined || origin === undefined ? undefined : `Get "${origin}/v2/": ${dial}`;
}
