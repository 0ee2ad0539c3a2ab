/**
 * The blkio controller: weights and speed limits of disks.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/blkio-controller.html
 */
import { existsSync } from "node:fs";
import type { LinuxBlockIO, LinuxThrottleDevice } from "@eras/oci-spec/runtime/config-linux.ts";
import { ifPresent, lines, readControlFile, writeControlFile } from "../control-file.ts";
import { IO_COUNTERS, type IoCount, type IoStats } from "../stats.ts";

/** Sets weights and speed limits. */
export function setBlkio(dir: string, blockIO: LinuxBlockIO): void {
  setWeights(dir, blockIO);
  throttle(dir, "read_bps", blockIO.throttleReadBpsDevice);
  throttle(dir, "write_bps", blockIO.throttleWriteBpsDevice);
  throttle(dir, "read_iops", blockIO.throttleReadIOPSDevice);
  throttle(dir, "write_iops", blockIO.throttleWriteIOPSDevice);
}

/** The scheduler of the disk knows weights: CFQ was replaced by BFQ in Linux 5.0, and the file's name with it. */
function setWeights(dir: string, { weight, leafWeight, weightDevice = [] }: LinuxBlockIO): void {
  const file = existsSync(`${dir}/blkio.weight`) ? "blkio.weight" : "blkio.bfq.weight";
  if (weight !== undefined) writeControlFile(dir, file, weight);
  if (leafWeight !== undefined) writeControlFile(dir, "blkio.leaf_weight", leafWeight);
  for (const { major, minor, weight, leafWeight } of weightDevice) {
    if (weight) writeControlFile(dir, `${file}_device`, `${major}:${minor} ${weight}`);
    if (leafWeight) writeControlFile(dir, "blkio.leaf_weight_device", `${major}:${minor} ${leafWeight}`);
  }
}

function throttle(dir: string, what: string, devices: readonly LinuxThrottleDevice[] = []): void {
  for (const { major, minor, rate } of devices) {
    writeControlFile(dir, `blkio.throttle.${what}_device`, `${major}:${minor} ${rate}`);
  }
}

/** Who counts, and how its files are called: the schedulers' numbers say more than those of the throttling, which always counts. */
const COUNTERS = [
  { prefix: "blkio.bfq.", suffix: "_recursive", first: "sectors" },
  { prefix: "blkio.bfq.", suffix: "_recursive", first: "io_serviced" },
  { prefix: "blkio.", suffix: "_recursive", first: "sectors" },
  { prefix: "blkio.throttle.", suffix: "_recursive", first: "io_serviced" },
  { prefix: "blkio.throttle.", suffix: "", first: "io_serviced" },
];

/** Reads what went through each disk, from the first who counted anything. */
export function readBlkioStats(dir: string): IoStats {
  for (const { prefix, suffix, first } of COUNTERS) {
    const read = (counter: string) => ifPresent(() => readCounts(dir, prefix + counter + suffix)) ?? [];
    if (read(first).length > 0) return Object.fromEntries(IO_COUNTERS.map((counter) => [counter, read(counter)]));
  }
  return {};
}

/** Lines `8:0 Read 4096`, or `8:0 4096` where there is nothing to tell apart; the last is `Total N`, of all disks. */
function readCounts(dir: string, name: string): IoCount[] {
  return lines(readControlFile(dir, name)).flatMap((line) => {
    const [, major, minor, operation, value] = /^(\d+):(\d+) (?:(\w+) )?(\d+)$/.exec(line) ?? [];
    if (value === undefined) return [];
    return {
      major: Number(major),
      minor: Number(minor),
      ...(operation !== undefined && { operation }),
      value: Number(value),
    };
  });
}
