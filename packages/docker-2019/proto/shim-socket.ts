/**
 * Where shims listen. The name of the socket follows from who is served: whoever knows that finds the shim, without asking anybody.
 *
 *     /run/docker-eras/2019/s/<hash(containerd's socket / namespace / group)>     ours
 *     /run/containerd/s/<sha256(the same)>                                        genuine ones, of containerd 1.4 and newer
 */
import { join } from "node:path";

/** The directory of our shims' sockets. */
export const SHIM_SOCKETS = "/run/docker-eras/2019/s";

const FNV_PRIME = (1n << 88n) + 0x13bn;

/** The path of a shim's socket. @param group - Of containers; one that has no group is its own, by its id. */
export function shimSocket(containerdAddress: string, namespace: string, group: string): string {
  return join(SHIM_SOCKETS, fnv1a(`${containerdAddress}/${namespace}/${group}`));
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
