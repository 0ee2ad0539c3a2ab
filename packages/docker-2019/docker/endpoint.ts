/** Where the daemon is, and how docker proves who it is: -H, DOCKER_HOST, and the TLS variables. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_HOST } from "../engine-api/default-host.ts";
import type { GlobalFlags } from "./globals.ts";
import { sshCommand } from "./ssh-address.ts";

export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** Whether the daemon must prove who it is, too. */
  readonly rejectUnauthorized: boolean;
}

/** A socket's path, a host and port, or a command whose standard streams are the connection. */
export interface Endpoint {
  /** As it was given: `unix:///run/docker.sock`, `tcp://127.0.0.1:2375`, `ssh://me@far`. */
  readonly url: string;
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number;
  readonly tls?: TlsFiles;
  readonly command?: readonly string[];
}

const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/** @throws {Error} When the address is of no known kind, or a file of TLS can't be read. */
export function findEndpoint(flags: GlobalFlags, environment: NodeJS.ProcessEnv = process.env): Endpoint {
  if (flags.host.length > 1) throw new Error("Please specify only one -H");
  const url = flags.host[0] || environment.DOCKER_HOST || DEFAULT_HOST;
  const [, scheme, address = ""] = /^(?:(\w+):\/\/)?(.*)$/s.exec(url)!;
  if (scheme === "unix") return { url, socketPath: address };
  if (scheme === "ssh") return { url, command: sshCommand(url) };
  if (scheme !== "tcp" && scheme !== "http" && scheme !== "https" && scheme !== undefined)
    throw new Error(`unable to resolve docker endpoint: Invalid bind address format: ${url}`);
  const tls = readTls(flags, environment);
  const { hostname, port } = parseAddress(url, address);
  const usual = tls ? TLS_PORT : PLAIN_PORT;
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return {
    url: scheme ? url : `tcp://${address.startsWith(":") ? "localhost" : ""}${address}`,
    host,
    port: port === "" ? usual : Number(port),
    ...(tls && { tls }),
  };
}

/** `:2375` is a port of this host. @throws {Error} */
function parseAddress(url: string, address: string): URL {
  const withHost = address === "" || address.startsWith(":") ? `localhost${address}` : address;
  try {
    return new URL(`http://${withHost}`);
  } catch (cause) {
    throw new Error(`Invalid bind address format: ${url}`, { cause });
  }
}

function readTls(flags: GlobalFlags, environment: NodeJS.ProcessEnv): TlsFiles | undefined {
  const verify = flags.tlsverify ?? Boolean(environment.DOCKER_TLS_VERIFY);
  // Who says --tlsverify=false wants TLS all the same.
  const wanted = flags.tlsverify !== undefined || (flags.tls ?? Boolean(environment.DOCKER_TLS));
  if (!verify && !wanted) return undefined;
  const directory = environment.DOCKER_CERT_PATH || flags.config;
  const cert = flags.tlscert ?? join(directory, "cert.pem");
  const key = flags.tlskey ?? join(directory, "key.pem");
  const own = flags.tlscert ? readPair(cert, key) : readPairIfThere(cert, key);
  const ca = verify ? { ca: readFileSync(flags.tlscacert ?? join(directory, "ca.pem")) } : {};
  return { ...ca, ...own, rejectUnauthorized: verify };
}

function readPair(cert: string, key: string): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

/** A daemon may not ask for it. */
function readPairIfThere(cert: string, key: string): { cert: Buffer; key: Buffer } | undefined {
  try {
    return readPair(cert, key);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
