/**
 * Where the API is served: unix sockets, for root and a group; TCP, for whoever has a certificate, and without certificates of the loopback
 * alone, for then nobody is asked who he is.
 */
import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { dirname } from "node:path";
import { socketAnswers } from "@eras/linux/socket-answers.ts";
import { InvalidArgument, PermissionDenied, Unavailable } from "@eras/oci-spec/errdefs.ts";
import { DEFAULT_HOST } from "../../engine-api/default-host.ts";
import type { ServerTls } from "./tls.ts";

/** Files made under it have 0660. */
const UMASK = 0o117;
/** Of plain HTTP, and of HTTPS. */
const DEFAULT_PORTS = { plain: 2375, tls: 2376 } as const;
const LOOPBACK = ["127.0.0.1", "localhost", "::1"];
const TCP = /^tcp:\/\/(?:\[(?<ipv6>[^\]]+)\]|(?<name>[^:/[\]]*))(?::(?<port>\d*))?\/?$/;

export interface ListenRules {
  /** Of tcp sockets. */
  readonly tls: ServerTls | undefined;
  /** Serve beyond the loopback who has no certificate, too. */
  readonly insecureTcp: boolean;
}

/** Where to listen: a file, a socket that listens already, or a port of an address. */
export type ListenPlace =
  | { readonly path: string; readonly tls?: undefined }
  | { readonly fd: number; readonly tls?: undefined }
  | { readonly host: string; readonly port: number; readonly tls: ServerTls | undefined };

/**
 * @param host - `unix:///path`, `tcp://127.0.0.1:2375`.
 * @throws {InvalidArgument} When it is neither; {PermissionDenied} when everybody would be served.
 */
export function listenPlace(host: string, rules: ListenRules): ListenPlace {
  if (host.startsWith("unix://")) return { path: host.slice("unix://".length) };
  const { ipv6, name, port } = TCP.exec(host)?.groups ?? {};
  if (ipv6 === undefined && name === undefined)
    throw new InvalidArgument(`Invalid bind address format: ${host}: unix:///PATH and tcp://127.0.0.1:PORT would do`);
  const { tls, insecureTcp } = rules;
  const address = ipv6 ?? (name || "127.0.0.1");
  if (!LOOPBACK.includes(address) && !tls?.requestCert && !insecureTcp)
    throw new PermissionDenied(
      `Cannot listen on ${host}: whoever reaches that address would be root of this host; use --tlsverify with certificates, or 127.0.0.1 and a tunnel, or --insecure-tcp if that is what you want`,
    );
  return { host: address, port: Number(port || DEFAULT_PORTS[tls ? "tls" : "plain"]), tls };
}

/** Where to listen when nobody says: where `docker` looks, with `--tls` and without. */
export function defaultHost(tls: ServerTls | undefined): string {
  return tls ? `tcp://127.0.0.1:${DEFAULT_PORTS.tls}` : DEFAULT_HOST;
}

/** @param group - Of a unix socket, where there is such a group. @throws {Unavailable} When another dockerd listens there. */
export async function listenOn(server: Server, place: ListenPlace, group: string): Promise<void> {
  if ("path" in place) await listenOnSocket(server, place.path, group);
  else if ("fd" in place) await listening(server, { fd: place.fd });
  else await listening(server, { host: place.host, port: place.port });
}

async function listenOnSocket(server: Server, path: string, group: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  if (await socketAnswers(path)) throw new Unavailable(`Cannot listen on ${path}: another dockerd does`);
  rmSync(path, { force: true });
  const umask = process.umask(UMASK);
  try {
    await listening(server, { path });
  } finally {
    process.umask(umask);
  }
  const gid = groupId(group);
  if (gid !== undefined) chownSync(path, 0, gid);
}

function listening(server: Server, where: object): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function groupId(name: string): number | undefined {
  try {
    return Number(execFileSync("getent", ["group", name], { encoding: "utf8" }).split(":")[2]);
  } catch {
    return undefined; // there is no such group: root alone
  }
}
