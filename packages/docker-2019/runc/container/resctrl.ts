/**
 * Shares of the processor's cache and of the way to memory (`linux.intelRdt`): the kernel's resctrl, where the processor can do it.
 *
 *     /sys/fs/resctrl/
 *     ├─ info/L3, info/MB            what can be shared
 *     │  ├─ last_cmd_status          why the last order was refused
 *     └─ <closID or container>/      a group
 *        ├─ tasks                    who is in it; children are born there
 *        ├─ schemata                 its share: `L3:0=ff;1=f0`, `MB:0=20`
 *        └─ mon_groups/<container>/  counts what its own tasks use, where others have the same share
 *
 * A group with the container's name goes with the container; one with a name of its own (closID) is whoever's has configured it.
 *
 * @see https://docs.kernel.org/arch/x86/resctrl.html
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.3.0/config-linux.md#intelrdt
 */
import { existsSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { writeControlFile } from "@eras/cgroups/control-file.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { makeDirectories } from "@eras/linux/make-directories.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import type { LinuxIntelRdt } from "@eras/oci-spec/runtime/config-linux.ts";

/** What this machine can share. */
export interface Resctrl {
  /** Where it is mounted; undefined if it isn't. */
  readonly root?: string;
  readonly sharesCache: boolean;
  readonly sharesBandwidth: boolean;
}

/** Looks where resctrl is mounted. */
export function findResctrl(): Resctrl {
  const mounted = readMountinfo().find(({ type }) => type === "resctrl");
  if (!mounted) return { sharesCache: false, sharesBandwidth: false };
  const { mountPoint: root, superOptions } = mounted;
  const sharesBandwidth = superOptions.includes("mba_MBps") || existsSync(join(root, "info/MB"));
  return { root, sharesCache: existsSync(join(root, "info/L3")), sharesBandwidth };
}

/**
 * The directory of a new container's group; "" if it has none.
 *
 * @throws {FailedPrecondition} In runc's words, when the machine can't share what is asked for.
 */
export function plannedGroup(id: string, rdt: LinuxIntelRdt | undefined, resctrl = rdt && findResctrl()): string {
  if (!rdt || !resctrl) return "";
  const asked = (field: string) => `intelRdt${field} is specified in config, but Intel RDT`;
  if (rdt.l3CacheSchema && !resctrl.sharesCache)
    throw new FailedPrecondition(`${asked(".l3CacheSchema")}/CAT is not enabled`);
  if (rdt.memBwSchema && !resctrl.sharesBandwidth)
    throw new FailedPrecondition(`${asked(".memBwSchema")}/MBA is not enabled`);
  if (resctrl.root === undefined) throw new FailedPrecondition(`${asked("")} is not enabled`);
  return join(resctrl.root, rdt.closID || id);
}

/**
 * Makes a container's group, with its share, and puts the init into it.
 *
 * @throws {FailedPrecondition} When a named group is to be there already, for no share is given, and isn't.
 */
export function makeGroup(group: string, id: string, rdt: LinuxIntelRdt, pids: readonly number[]): void {
  if (rdt.closID && schemataText(rdt) === "" && !existsSync(group)) {
    const reason = "clos dir not accessible (must be pre-created when l3CacheSchema and memBwSchema are empty)";
    throw new FailedPrecondition(
      `unable to apply Intel RDT configuration: ${reason}: stat ${group}: no such file or directory`,
    );
  }
  order("unable to apply Intel RDT configuration", () => {
    for (const dir of [group, ...monitoringGroup(group, id, rdt)]) {
      makeDirectories(dir);
      for (const pid of pids) writeControlFile(dir, "tasks", pid);
    }
  });
  setShare(group, rdt);
}

/** Puts a further process of a container where its init is. A group that somebody has removed meanwhile is done without. */
export function joinGroup(group: string, id: string, rdt: LinuxIntelRdt, pid: number): void {
  if (!existsSync(group)) return;
  order("error adding pid to Intel RDT", () => {
    for (const dir of [group, ...monitoringGroup(group, id, rdt)]) writeControlFile(dir, "tasks", pid);
  });
}

/** Sets a group's share; what isn't named stays as it is. */
export function setShare(group: string, rdt: LinuxIntelRdt): void {
  const text = schemataText(rdt);
  if (text) order("error setting Intel RDT config", () => writeControlFile(group, "schemata", text));
}

/** Lines for `schemata`, which the kernel takes together. Bandwidth that is named apart goes before that among the cache's lines. */
export function schemataText({ l3CacheSchema = "", memBwSchema = "", schemata = [] }: LinuxIntelRdt): string {
  const cache = l3CacheSchema.split("\n").filter((line) => !(memBwSchema && line.startsWith("MB:")));
  return [...cache, memBwSchema, ...schemata]
    .filter(Boolean)
    .map((line) => `${line}\n`)
    .join("");
}

/** Removes what has been made for a container alone. */
export function removeGroup(group: string, id: string, rdt: LinuxIntelRdt = {}): void {
  const own = rdt.closID ? monitoringGroup(group, id, rdt) : [group];
  for (const dir of own) {
    try {
      rmdirSync(dir); // resctrl's files go with their directory
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }
}

/** Before 1.3, the specification had a switch for each thing that can be counted; the kernel has none. */
export function monitoringGroup(
  group: string,
  id: string,
  { enableMonitoring, enableCMT, enableMBM }: LinuxIntelRdt,
): string[] {
  return enableMonitoring || enableCMT || enableMBM ? [join(group, "mon_groups", id)] : [];
}

/** Gives the kernel an order; what it has against it is in a file. */
function order(failure: string, give: () => void): void {
  try {
    give();
  } catch (error) {
    const reason = join(findResctrl().root ?? "/", "info/last_cmd_status");
    const told = existsSync(reason) ? `, last_cmd_status: ${readFileSync(reason, "utf8").trim()}` : "";
    throw new Error(`${failure}: ${(error as Error).message}${told}`, { cause: error });
  }
}
