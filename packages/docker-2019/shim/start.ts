/**
 * `start`: a shim for the container of this bundle, and where it listens, on standard output.
 *
 * The socket listens before the shim runs: who connects meanwhile waits in its queue. So we need not wait for the shim, only start it.
 */
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { connectUnix, listenUnix } from "@eras/linux/fd-passing.ts";
import { posixSpawn } from "@eras/linux/posix-spawn.ts";
import { groupOf, shimSocket } from "./address.ts";
import type { Options } from "./command-line.ts";

const PROGRAM = join(import.meta.dirname, "../../../bin/containerd-shim-eras-v2");
/** The shim's descriptor of the socket. */
export const SOCKET_FD = 3;

/** Prints the address of the shim, which is started unless the group has one. */
export function start(options: Options): void {
  const socket = shimSocket(options.address, options.namespace, groupOf(options.bundle, options.id));
  if (!isServed(socket)) startShim(options, socket);
  writeAddress(options.bundle, `unix://${socket}`);
  writeSync(1, `unix://${socket}`);
}

/** A socket that a dead shim has left is removed. */
function isServed(socket: string): boolean {
  try {
    closeSync(connectUnix(socket));
    return true;
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ECONNREFUSED")) throw error;
    rmSync(socket, { force: true });
    return false;
  }
}

function startShim(options: Options, socket: string): void {
  mkdirSync(dirname(socket), { recursive: true, mode: 0o711 });
  const umask = process.umask(0o177); // for nobody but root
  const listening = listenUnix(socket);
  process.umask(umask);
  const nothing = openSync("/dev/null", "r+");
  posixSpawn({
    path: PROGRAM,
    argv: [PROGRAM, ...serveArguments(options)],
    env: process.env,
    fds: [nothing, nothing, nothing, listening],
    newSession: true, // signals to containerd's process group are not for us
  });
}

function serveArguments({ namespace, id, address, publishBinary, debug }: Options): string[] {
  const flags = ["-namespace", namespace, "-id", id, "-address", address, "-publish-binary", publishBinary];
  return debug ? [...flags, "-debug"] : flags;
}

/** For containerd, when it comes back after a restart. */
function writeAddress(bundle: string, address: string): void {
  writeFileSync(join(bundle, ".address"), address);
  renameSync(join(bundle, ".address"), join(bundle, "address"));
}
