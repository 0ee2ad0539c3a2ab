/**
 * The rdma controller: handles and objects of RDMA devices. v1 and v2 have the same files.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/rdma.html
 */
import type { LinuxRdma } from "@eras/oci-spec/runtime/config-linux.ts";
import { lines, readControlFile, writeControlFile } from "./control-file.ts";
import type { RdmaStats } from "./stats.ts";

/** Sets the limits, of the devices given. */
export function setRdma(dir: string, limits: Readonly<Record<string, LinuxRdma>>): void {
  for (const [device, { hcaHandles, hcaObjects }] of Object.entries(limits)) {
    const handles = hcaHandles === undefined ? "" : ` hca_handle=${hcaHandles}`;
    const objects = hcaObjects === undefined ? "" : ` hca_object=${hcaObjects}`;
    writeControlFile(dir, "rdma.max", device + handles + objects);
  }
}

/** Reads what is in use and what may be, by device. */
export function readRdmaStats(dir: string): RdmaStats {
  return { current: readDevices(dir, "rdma.current"), limit: readDevices(dir, "rdma.max") };
}

/** Lines `mlx4_0 hca_handle=2 hca_object=max`. */
function readDevices(dir: string, name: string): Map<string, LinuxRdma> {
  return new Map(lines(readControlFile(dir, name)).map(parseDevice));
}

function parseDevice(line: string): [string, LinuxRdma] {
  const [device, ...pairs] = line.split(" ");
  const values = Object.fromEntries(pairs.map((pair) => pair.split("=")));
  return [device!, { ...limit("hcaHandles", values.hca_handle), ...limit("hcaObjects", values.hca_object) }];
}

/** `max` is no limit: the field is left out. */
function limit(key: keyof LinuxRdma, value: string | undefined): LinuxRdma {
  return value === undefined || value === "max" ? {} : { [key]: Number(value) };
}
