/**
 * /proc of a container tells the truth, and what is written there reaches the kernel: the runtime relies on both when it sets labels
 * and parameters. So nothing but a proc filesystem may lie on it, and nothing in it (CVE-2019-16884), apart from a few files that
 * programs such as LXCFS show in the kernel's stead.
 */
import { filesystemType, PROC_SUPER_MAGIC } from "@eras/linux/statfs.ts";
import { type ContainerRoot, pathInside } from "./inside-root.ts";

/** As runc has them. */
const ALLOWED = new Set([
  "/proc/cpuinfo",
  "/proc/diskstats",
  "/proc/meminfo",
  "/proc/stat",
  "/proc/swaps",
  "/proc/uptime",
  "/proc/loadavg",
  "/proc/slabinfo",
  "/proc/net/dev",
  "/proc/sys/kernel/ns_last_pid",
  "/proc/sys/crypto/fips_enabled",
]);

/**
 * Refuses a place for a mount that would deceive the runtime. The place is judged, not the path by which it was found.
 *
 * @param source - Of a bind mount, open.
 * @throws {Error}
 */
export function guardProc(root: ContainerRoot, place: number, source?: number): void {
  const path = pathInside(root, place);
  if (path === "/proc") {
    if (source !== undefined && filesystemType(source) === PROC_SUPER_MAGIC) return;
    throw new Error(`"${root.path}${path}" cannot be mounted because it is not of type proc`);
  }
  if (!path.startsWith("/proc/") || ALLOWED.has(path)) return;
  throw insideProc(root.path + path);
}

/** Why a place for a bind mount could not be made: in /proc nothing can be, and if it could it would be refused. */
export function explainProc(root: ContainerRoot, error: unknown): unknown {
  const { path } = error as NodeJS.ErrnoException;
  return path?.startsWith(`${root.path}/proc/`) ? insideProc(path) : error;
}

function insideProc(path: string): Error {
  return new Error(`"${path}" cannot be mounted because it is inside /proc`);
}
