/**
 * The pids controller: how many tasks may live. Against fork bombs. It came late to v1, with v2's files.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/pids.html
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#pid
 */
import type { LinuxPids } from "@eras/oci-spec/runtime/config-linux.ts";
import { ifPresent, readFlatKeyed, readLimit, readNumber, writeControlFile } from "./control-file.ts";
import { present } from "./present.ts";
import type { PidsStats } from "./stats.ts";

/** Sets the number of tasks. */
export function setPids(dir: string, { limit }: LinuxPids): void {
  writeControlFile(dir, "pids.max", limit < 0 ? "max" : limit);
}

/** Reads the number of tasks. */
export function readPidsStats(dir: string): PidsStats {
  return {
    current: readNumber(dir, "pids.current"),
    ...present({ limit: readLimit(dir, "pids.max") }),
    limitHits: ifPresent(() => readFlatKeyed(dir, "pids.events").max) ?? 0,
  };
}
