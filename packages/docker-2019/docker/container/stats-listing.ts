/** Rows of `docker stats`. */
import type { Dictionary } from "../../engine-api/container-config.ts";
import type { BlkioStats, ContainerStats, MemoryStats, NetworkStats } from "../../engine-api/stats.ts";
import { binarySize, decimalSize } from "../output/size.ts";
import type { Listing, Row } from "../output/table.ts";
import { shortId } from "../output/truncate.ts";

const TITLES = {
  Container: "CONTAINER",
  ID: "CONTAINER ID",
  Name: "NAME",
  CPUPerc: "CPU %",
  MemUsage: "MEM USAGE / LIMIT",
  MemPerc: "MEM %",
  NetIO: "NET I/O",
  BlockIO: "BLOCK I/O",
  PIDs: "PIDS",
};
const COLUMNS = ["ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"];
const UNKNOWN = "--";

/** @param names - As the user gave them; one that has no sample yet has a row all the same. */
export function statsListing(
  names: readonly string[],
  samples: ReadonlyMap<string, ContainerStats>,
  { truncated }: { readonly truncated: boolean },
): Listing {
  const rows = names.map((name) => rowOf(name, samples.get(name), truncated));
  return { template: { type: "*container.statsContext" }, titles: TITLES, columns: COLUMNS, rows, key: "ID" };
}

function rowOf(name: string, sample: ContainerStats | undefined, truncated: boolean): Row {
  if (!sample) return { ...Object.fromEntries(COLUMNS.map((column) => [column, UNKNOWN])), Container: name };
  const used = usedMemory(sample.memory_stats);
  const { limit = 0 } = sample.memory_stats;
  return {
    Container: name,
    ID: truncated ? shortId(sample.id) : sample.id,
    Name: sample.name.replace(/^\//, ""),
    CPUPerc: percent(cpuShare(sample)),
    MemUsage: `${binarySize(used)} / ${binarySize(limit)}`,
    MemPerc: percent(limit > 0 ? used / limit : 0),
    NetIO: networkTraffic(sample.networks ?? {}),
    BlockIO: blockTraffic(sample.blkio_stats),
    PIDs: String(sample.pids_stats.current ?? 0),
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

/** Of one processor: four that are busy are 4. */
function cpuShare({ cpu_stats: now, precpu_stats: before }: ContainerStats): number {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const passed = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  const processors = now.online_cpus || now.cpu_usage.percpu_usage?.length || 1;
  return used > 0 && passed > 0 ? (used / passed) * processors : 0;
}

/** Without what the kernel would give up first. */
function usedMemory({ usage = 0, stats }: MemoryStats): number {
  const inactive = stats?.total_inactive_file ?? stats?.inactive_file ?? 0; // of cgroup v1, v2
  return inactive < usage ? usage - inactive : usage;
}

function networkTraffic(networks: NonNullable<Dictionary<NetworkStats>>): string {
  const all = Object.values(networks);
  const received = all.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0);
  const sent = all.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0);
  return `${decimalSize(received)} / ${decimalSize(sent)}`;
}

function blockTraffic({ io_service_bytes_recursive: entries }: BlkioStats): string {
  const total = (wanted: string): number =>
    (entries ?? []).filter(({ op }) => op.toLowerCase() === wanted).reduce((sum, { value }) => sum + value, 0);
  return `${decimalSize(total("read"))} / ${decimalSize(total("write"))}`;
}
