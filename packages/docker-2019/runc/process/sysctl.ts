/**
 * Kernel parameters: `linux.sysctl`. Only those may be set that a namespace of the container's own has; any other would be the
 * host's.
 *
 *     namespace   parameters
 *     ipc         kernel.msg…, kernel.sem, kernel.shm…, fs.mqueue.…
 *     network     net.…
 *     uts         kernel.domainname; not kernel.hostname, for which config.json has a key of its own
 */
import { statSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { writeProcFile } from "@eras/linux/procfs.ts";
import type { Linux, LinuxNamespaceType } from "@eras/oci-spec/runtime/config-linux.ts";
import { step } from "../../step.ts";
import { callErrorText } from "../error-text.ts";

const IPC_PARAMETERS = /^(?:kernel\.(?:msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$|fs\.mqueue\.)/;

/**
 * @throws {Error} When a parameter would be the host's. Call in the parent, before anything is made.
 */
export function checkSysctls({ sysctl = {}, namespaces = [] }: Linux): void {
  const own = new Set(
    namespaces.filter(({ type, path }) => type !== "network" || !isOurNetwork(path)).map(({ type }) => type),
  );
  for (const key of Object.keys(sysctl)) checkSysctl(withDots(key), own);
}

function checkSysctl(name: string, own: ReadonlySet<LinuxNamespaceType>): void {
  if (
    pathOf(name)
      .split("/")
      .some((part) => part === "" || part === "." || part === "..")
  ) {
    throw new Error(`sysctl "${name}" is not the name of a kernel parameter`);
  }
  if (IPC_PARAMETERS.test(name)) {
    if (!own.has("ipc")) throw new Error(`sysctl "${name}" is not allowed in the hosts ipc namespace`);
  } else if (name.startsWith("net.")) {
    if (!own.has("network")) throw new Error(`sysctl "${name}" not allowed in host network namespace`);
  } else if (own.has("uts") && name === "kernel.hostname") {
    throw new Error(`sysctl "${name}" is not allowed as it conflicts with the OCI "hostname" field`);
  } else if (!(own.has("uts") && name === "kernel.domainname")) {
    throw new Error(`sysctl "${name}" is not in a separate kernel namespace`);
  }
}

/** A network namespace can be named that is no other than ours. */
function isOurNetwork(path: string | undefined): boolean {
  if (path === undefined) return false;
  const [theirs, ours] = [statSync(path), statSync("/proc/self/ns/net")];
  return theirs.ino === ours.ino && theirs.dev === ours.dev;
}

/** Sets the parameters. Call in the container's namespaces, while /proc/sys can be written. */
export function setSysctls(sysctl: Readonly<Record<string, string>>): void {
  step("runc.set-sysctls", { sysctl });
  for (const [key, value] of Object.entries(sysctl)) setSysctl(pathOf(withDots(key)), value);
}

function setSysctl(path: string, value: string): void {
  try {
    writeProcFile(`sys/${path}`, value);
  } catch (error) {
    const call = isErrno(error, "ENOENT") ? "open" : "write";
    throw new Error(callErrorText(call, `/proc/sys/${path}`, error as NodeJS.ErrnoException), { cause: error });
  }
}

/**
 * A name as sysctl(8) prints it. `net/ipv4/conf/eth0.1/forwarding` is `net.ipv4.conf.eth0/1.forwarding`: the first separator tells
 * which of the two it is, and the other one stands for the character itself.
 */
function withDots(key: string): string {
  return /^[^./]*\//.test(key) ? swapped(key) : key;
}

function pathOf(name: string): string {
  return swapped(name);
}

function swapped(name: string): string {
  return name.replace(/[./]/g, (separator) => (separator === "." ? "/" : "."));
}
