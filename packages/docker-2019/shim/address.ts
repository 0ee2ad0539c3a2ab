/**
 * Where a shim listens: a socket whose name follows from who it serves, so that a second container of a group finds the first one's shim.
 *
 *     /run/docker-eras/2019/s/<hash(containerd's socket / namespace / group)>
 *
 * The group is an annotation of config.json, which is all that a shim learns of a container's labels; a container without it is a group of its
 * own.
 */
import { closeSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { connectUnix } from "@eras/linux/fd-passing.ts";

/** Both are known to others: containerd's own, and Kubernetes' name for the pod. */
const GROUP_ANNOTATIONS = ["io.containerd.runc.v2.group", "io.kubernetes.cri.sandbox-id"];

const FNV_PRIME = (1n << 88n) + 0x13bn;
const SOCKET_DIR = "/run/docker-eras/2019/s";

/** The path of the socket. */
export function shimSocket(containerdAddress: string, namespace: string, group: string): string {
  return join(SOCKET_DIR, fnv1a(`${containerdAddress}/${namespace}/${group}`));
}

/**
 * A hash of 128 bits. It need not be a cryptographic one, which would cost each shim a megabyte: two groups that met would share a shim.
 *
 * @see https://datatracker.ietf.org/doc/html/rfc9923
 */
function fnv1a(text: string): string {
  let hash = 0x6c62272e07bb014262b821756295c58dn;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(128, (hash ^ BigInt(byte)) * FNV_PRIME);
  return hash.toString(16).padStart(32, "0");
}

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
