/**
 * The blkio controller: weights and speed limits of disks.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/blkio-controller.html
 */
import { existsSync } from "node:fs";
import { lines, readControlFile, writeControlFile } from "../control-file.ts";
import type { BlockIOResources, ThrottleDevice } from "../resources.ts";
import type { IoStats } from "../stats.ts";

/** Sets weights and speed limits. */
export function setBlkio(dir: string, blockIO: BlockIOResources): void {
  setWeights(dir, blockIO);
  throttle(dir, "read_bps", blockIO.throttleReadBpsDevice);
  throttle(dir, "write_bps", blockIO.throttleWriteBpsDevice);
  throttle(dir, "read_iops", blockIO.throttleReadIOPSDevice);
  throttle(dir, "write_iops", blockIO.throttleWriteIOPSDevice);
}

/** The scheduler of the disk knows weights: CFQ was replaced by BFQ in Linux 5.0, and the file's name with it. */
function setWeights(dir: string, { weight, weightDevice = [] }: BlockIOResources): void {
  const file = existsSync(`${dir}/blkio.bfq.weight`) ? "blkio.bfq.weight" : "blkio.weight";
  if (weight !== undefined) writeControlFile(dir, file, weight);
  for (const device of weightDevice) {
    writeControlFile(dir, `${file}_device`, `${device.major}:${device.minor} ${device.weight}`);
  }
}

function throttle(dir: string, what: string, devices: readonly ThrottleDevice[] = []): void {
  for (const { major, minor, rate } of devices) {
    writeControlFile(dir, `blkio.throttle.${what}_device`, `${major}:${minor} ${rate}`);
  }
}

/** Reads what went through each disk. */
export function readBlkioStats(dir: string): Map<string, IoStats> {
  const bytes = readByDevice(dir, "blkio.throttle.io_service_bytes_recursive");
  const operations = readByDevice(dir, "blkio.throttle.io_serviced_recursive");
  return new Map([...bytes].map(([device, counts]) => [device, ioStats(counts, operations.get(device) ?? {})]));
}

type Counts = { Read?: number; Write?: number };

function ioStats(bytes: Counts, operations: Counts): IoStats {
  return {
    readBytes: bytes.Read ?? 0,
    writeBytes: bytes.Write ?? 0,
    readOperations: operations.Read ?? 0,
    writeOperations: operations.Write ?? 0,
  };
}

/** Lines `8:0 Read 4096`; the last is `Total N`, of all disks. */
function readByDevice(dir: string, name: string): Map<string, Counts> {
  const devices = new Map<string, Counts>();
  for (const line of lines(readControlFile(dir, name))) {
    const [device, operation, count] = line.split(" ");
    if (count !== undefined) devices.set(device!, { ...devices.get(device!), [operation!]: Number(count) });
  }
  return devices;
}
