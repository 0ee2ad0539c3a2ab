/** What `events --stats` tells of a container's share of cache and memory bandwidth. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ifPresent, lines, readControlFile, readNumber } from "@eras/cgroups/control-file.ts";
import type { LinuxIntelRdt } from "@eras/oci-spec/runtime/config-linux.ts";
import { findResctrl, monitoringGroup } from "./resctrl.ts";

/**
 * Reads the group of a container, with what the machine has to share, under runc's names.
 *
 * @see https://github.com/opencontainers/runc/blob/v1.1.5/types/events.go
 */
export function readResctrlStats(
  group: string,
  id: string,
  rdt: LinuxIntelRdt = {},
  { root, sharesCache, sharesBandwidth } = findResctrl(),
): object {
  if (root === undefined) return {};
  const [counted = group] = monitoringGroup(group, id, rdt);
  return {
    ...(sharesCache && {
      l3_cache_info: l3CacheInfo(join(root, "info/L3")),
      l3_cache_schema_root: share(root, "L3"),
      l3_cache_schema: share(group, "L3"),
    }),
    ...(sharesBandwidth && {
      mem_bw_info: bandwidthInfo(join(root, "info/MB")),
      mem_bw_schema_root: share(root, "MB"),
      mem_bw_schema: share(group, "MB"),
    }),
    ...counters(root, counted),
  };
}

function l3CacheInfo(dir: string): object {
  const [min_cbm_bits, num_closids] = ["min_cbm_bits", "num_closids"].map((name) => readNumber(dir, name));
  return { cbm_mask: readControlFile(dir, "cbm_mask"), min_cbm_bits, num_closids };
}

function bandwidthInfo(dir: string): object {
  const names = ["bandwidth_gran", "delay_linear", "min_bandwidth", "num_closids"];
  return Object.fromEntries(names.map((name) => [name, readNumber(dir, name)]).filter(([, value]) => value !== 0));
}

/** The line of one resource: the kernel indents them to the same width. */
function share(dir: string, resource: "L3" | "MB"): string | undefined {
  return lines(readControlFile(dir, "schemata"))
    .map((line) => line.trim())
    .find((line) => line.startsWith(resource));
}

/** A directory each for the processors that share a cache. */
function counters(root: string, group: string): object {
  const known = new Set(lines(ifPresent(() => readControlFile(join(root, "info/L3_MON"), "mon_features")) ?? ""));
  const read = (names: readonly string[]) => {
    const kept = names.filter((name) => known.has(name));
    if (kept.length === 0) return undefined;
    const data = join(group, "mon_data");
    return readdirSync(data)
      .sort()
      .map((cache) =>
        Object.fromEntries(names.map((name) => [name, kept.includes(name) ? readNumber(join(data, cache), name) : 0])),
      );
  };
  const [mbm_stats, cmt_stats] = [read(["mbm_total_bytes", "mbm_local_bytes"]), read(["llc_occupancy"])];
  return { ...(mbm_stats && { mbm_stats }), ...(cmt_stats && { cmt_stats }) };
}
