/**
 * Shares of the processor's cache and of the way to memory: the kernel's resctrl, where the processor can do it.
 *
 *     /sys/fs/resctrl/info/L3, MB      what can be shared
 *                     <group>/tasks    who has this share
 *                             schemata what it is: `L3:0=ff;1=f0`, `MB:0=20`
 *
 * @see https://docs.kernel.org/arch/x86/resctrl.html
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";

/** What is to be set; undefined stays as it is. */
export interface Schemata {
  /** `L3:0=ff`: bits of the cache, by cache. */
  readonly l3Cache?: string | undefined;
  /** `MB:0=20`: per cent of the bandwidth, by memory node. */
  readonly memoryBandwidth?: string | undefined;
}

/** Where the groups are. @throws {FailedPrecondition} In runc's words, when the machine can't share what is asked for. */
export function resctrlRoot({ l3Cache, memoryBandwidth }: Schemata): string {
  const root = readMountinfo().find(({ type }) => type === "resctrl")?.mountPoint ?? "/sys/fs/resctrl";
  if (l3Cache && !existsSync(join(root, "info/L3")))
    throw new FailedPrecondition("Intel RDT/CAT: l3 cache schema is not enabled");
  if (memoryBandwidth && !existsSync(join(root, "info/MB")))
    throw new FailedPrecondition("Intel RDT/MBA: memory bandwidth schema is not enabled");
  return root;
}

/** Puts processes into a group, which is made if need be, and sets its shares. */
export function setSchemata(group: string, pids: readonly number[], { l3Cache, memoryBandwidth }: Schemata): void {
  mkdirSync(group, { recursive: true });
  for (const pid of pids) writeFileSync(join(group, "tasks"), String(pid));
  for (const line of [l3Cache, memoryBandwidth]) if (line) writeFileSync(join(group, "schemata"), `${line}\n`);
}
