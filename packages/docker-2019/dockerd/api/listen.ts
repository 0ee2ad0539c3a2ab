/** Where the API is served: unix sockets, for root and a group; TCP, of the loopback alone, for it asks nobody who he is. */
import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";
import { InvalidArgument, PermissionDenied, Unavailable } from "@eras/oci-spec/errdefs.ts";

/** Files made under it have 0660. */
const UMASK = 0o117;
const DEFAULT_PORT = 2375;

/** @param host - `unix:///path`, `tcp://127.0.0.1:2375`. @param group - Of a unix socket, where there is such a group. */
export async function listenOn(server: Server, host: string, group: string): Promise<void> {
  if (host.startsWith("unix://")) return listenOnSocket(server, host.slice("unix://".length), group);
  if (host.startsWith("tcp://")) return listenOnPort(server, host);
  throw new InvalidArgument(`Invalid bind address format: ${host}: unix:///PATH and tcp://127.0.0.1:PORT would do`);
}

async function listenOnSocket(server: Server, path: string, group: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  if (await answers(path)) throw new Unavailable(`Cannot listen on ${path}: another dockerd does`);
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

async function listenOnPort(server: Server, host: string): Promise<void> {
  const { hostname, port } = new URL(host);
  if (!["127.0.0.1", "localhost", "[::1]"].includes(hostname))
    throw new PermissionDenied(
      `Cannot listen on ${host}: whoever reaches that address would be root of this host; use 127.0.0.1, and a tunnel`,
    );
  await listening(server, { host: hostname.replace(/[[\]]/g, ""), port: Number(port || DEFAULT_PORT) });
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

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    }).on("error", () => resolve(false));
  });
}

function groupId(name: string): number | undefined {
  try {
    return Number(execFileSync("getent", ["group", name], { encoding: "utf8" }).split(":")[2]);
  } catch {
    return undefined; // there is no such group: root alone
  }
}
