/**
 * What of a container only makes sense in a namespace of its own: without one, it would change the host.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#namespaces
 */
import { statSync } from "node:fs";
import { type Place, show } from "../findings.ts";
import type { Spec } from "./config.ts";
import type { Linux, LinuxNamespaceType } from "./config-linux.ts";

/** The container's namespaces by type, with the path of one to join, or "" for a new one. */
type Namespaces = ReadonlyMap<LinuxNamespaceType, string>;

/** Reports what needs a namespace that the container doesn't have. */
export function namespacesSuffice({ hostname, domainname, linux = {} }: Spec, place: Place): void {
  const namespaces: Namespaces = new Map((linux.namespaces ?? []).map(({ type, path = "" }) => [type, path]));
  if (!namespaces.has("uts")) {
    if (hostname) place.at("hostname").problem("needs a uts namespace");
    if (domainname) place.at("domainname").problem("needs a uts namespace");
  }
  const inLinux = place.at("linux");
  pathsAreHidden(linux, namespaces, inLinux);
  usersAreMapped(linux, namespaces, inLinux);
  clocksAreSet(linux, namespaces, inLinux);
  if (Object.keys(linux.netDevices ?? {}).length > 0 && !namespaces.has("network"))
    inLinux.at("netDevices").problem("needs a network namespace");
  for (const name of Object.keys(linux.sysctl ?? {})) {
    const reason = whyNoSysctl(withDots(name), namespaces);
    if (reason !== undefined) inLinux.at("sysctl").at(name).problem(reason);
  }
}

function pathsAreHidden(linux: Linux, namespaces: Namespaces, place: Place): void {
  for (const member of ["maskedPaths", "readonlyPaths"] as const) {
    if (linux[member]?.length && !namespaces.has("mount")) place.at(member).problem("needs a mount namespace");
  }
}

/** See user_namespaces(7): a new one has no IDs until they are mapped, and one that exists has its own. */
function usersAreMapped(linux: Linux, namespaces: Namespaces, place: Place): void {
  const path = namespaces.get("user");
  for (const member of ["uidMappings", "gidMappings"] as const) {
    if (!linux[member]?.length) continue;
    if (path === undefined) place.at(member).problem("needs a user namespace");
    else if (path !== "") place.at(member).warn(`left out: the user namespace ${path} has its own`);
  }
  if (path === "" && !linux.uidMappings?.length && !linux.gidMappings?.length)
    place.at("uidMappings").problem("missing: the new user namespace needs them, or a path of one to join");
}

/** See time_namespaces(7): clocks are set before anybody is in it. */
function clocksAreSet(linux: Linux, namespaces: Namespaces, place: Place): void {
  if (linux.timeOffsets === undefined) return;
  const path = namespaces.get("time");
  if (path === undefined) place.at("timeOffsets").problem("needs a time namespace");
  else if (path !== "") place.at("timeOffsets").problem(`the time namespace ${path} has its own`);
}

/** The ones of ipc_namespaces(7), apart from fs.mqueue. */
// biome-ignore format: a table
const IPC_SYSCTLS: ReadonlySet<string> = new Set([
  "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni",
  "kernel.shm_rmid_forced",
]);

/** What is against setting this file of /proc/sys. Only what belongs to a namespace may be set, and what is new to the kernel may not. */
function whyNoSysctl(name: string, namespaces: Namespaces): string | undefined {
  if (IPC_SYSCTLS.has(name) || name.startsWith("fs.mqueue."))
    return namespaces.has("ipc") ? undefined : "needs an ipc namespace";
  if (name.startsWith("net.")) return whyNoNetworkSysctl(namespaces.get("network"));
  if (name.startsWith("user.")) return namespaces.has("user") ? undefined : "needs a user namespace";
  if (name === "kernel.hostname") return "conflicts with the field hostname";
  if (name === "kernel.domainname") return namespaces.has("uts") ? undefined : "needs a uts namespace";
  return "belongs to no namespace";
}

/** A network namespace that is joined may be the host's: Docker's `--network host` is one with a path. */
function whyNoNetworkSysctl(path: string | undefined): string | undefined {
  if (path === undefined) return "needs a network namespace";
  if (path === "") return undefined;
  const [own, joined] = ["/proc/self/ns/net", path].map((file) => statSync(file, { throwIfNoEntry: false }));
  if (joined === undefined) return `the network namespace ${show(path)} is not there`;
  return own?.dev === joined.dev && own.ino === joined.ino ? "the network namespace is the host's" : undefined;
}

/** sysctl(8) also takes slashes for dots, and then dots for slashes: net/ipv4/conf/eth0.1/rp_filter. */
function withDots(name: string): string {
  const isSlashed = /^[^./]*\//.test(name);
  return isSlashed ? name.replace(/[./]/g, (separator) => (separator === "." ? "/" : ".")) : name;
}
