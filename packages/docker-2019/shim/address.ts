/**
 * Whom a shim serves, which is what its socket's name follows from (proto/shim-socket.ts): so a second container of a group finds the first
 * one's shim.
 *
 * The group is an annotation of config.json, which is all that a shim learns of a container's labels; a container without it is a group of its
 * own. The file `address` of a bundle says where its shim listens: containerd reads it when it comes back after a restart, and we to know
 * who will still come.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { connectUnix } from "@eras/linux/fd-passing.ts";
import { lockExclusively } from "@eras/linux/flock.ts";
import { SHIM_SOCKETS } from "../proto/shim-socket.ts";

/** Both are known to others: containerd's own, and Kubernetes' name for the pod. */
const GROUP_ANNOTATIONS = ["io.containerd.runc.v2.group", "io.kubernetes.cri.sandbox-id"];

const ADDRESS = "address";

/**
 * The group that the container of a bundle belongs to: `LABEL=VALUE`; or, without any of the labels, its id, which has no `=`.
 *
 * @param label - By which to group instead of the usual ones.
 */
export function groupOf(bundle: string, id: string, label: string | undefined): string {
  const { annotations = {} } = JSON.parse(readFileSync(join(bundle, "config.json"), "utf8")) as {
    annotations?: Record<string, string>;
  };
  const labels = label === undefined ? GROUP_ANNOTATIONS : [label];
  const found = labels.find((name) => annotations[name]);
  return found === undefined ? id : `${found}=${annotations[found]}`;
}

/** Notes in the bundle which socket is its shim's. */
export function writeAddress(bundle: string, socket: string): void {
  writeFileSync(join(bundle, ".address"), addressOf(socket));
  renameSync(join(bundle, ".address"), join(bundle, ADDRESS));
}

/** @returns Nothing when the bundle has no shim. */
export function readSocket(bundle: string): string | undefined {
  try {
    return readFileSync(join(bundle, ADDRESS), "utf8").slice(addressOf("").length);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
    return undefined;
  }
}

/** The bundle's container won't come to its shim any more. */
export function removeAddress(bundle: string): void {
  rmSync(join(bundle, ADDRESS), { force: true });
}

/** What `start` prints. */
export function addressOf(socket: string): string {
  return `unix://${socket}`;
}

/** Whether a container of these bundles will come to the shim of this socket, or is there. */
export function isExpected(socket: string, bundlesDir: string): boolean {
  return existsSync(bundlesDir) && readdirSync(bundlesDir).some((id) => readSocket(join(bundlesDir, id)) === socket);
}

/** Does what no two processes may do at a time: to look whether a socket has a shim, and to make or remove it accordingly. */
export function withSocketsLocked<Result>(act: () => Result): Result {
  mkdirSync(SHIM_SOCKETS, { recursive: true, mode: 0o711 });
  const fd = openSync(SHIM_SOCKETS, "r");
  try {
    lockExclusively(fd);
    return act();
  } finally {
    closeSync(fd); // and lets go of the lock
  }
}

/** Removes a socket that its shim has left by dying. @returns Whether there is none any more: else a shim serves there. */
export function removeDeadSocket(path: string): boolean {
  try {
    closeSync(connectUnix(path));
    return false;
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ECONNREFUSED")) throw error;
    rmSync(path, { force: true });
    return true;
  }
}
