/**
 * The io controller: weights and speed limits of disks. What v1 called blkio, and it sees the writes that the kernel does later too.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#io
 */
import { existsSync } from "node:fs";
import type { LinuxBlockIO, LinuxThrottleDevice } from "@eras/oci-spec/runtime/config-linux.ts";
import { readNestedKeyed, writeControlFile } from "../control-file.ts";
import type { IoCount, IoStats } from "../stats.ts";

/** Sets weights and speed limits. There is no leaf weight: a cgroup has processes or children with limits, not both. */
export function setIo(dir: string, blockIO: LinuxBlockIO): void {
  setWeights(dir, blockIO);
  throttle(dir, "rbps", blockIO.throttleReadBpsDevice);
  throttle(dir, "wbps", blockIO.throttleWriteBpsDevice);
  throttle(dir, "riops", blockIO.throttleReadIOPSDevice);
  throttle(dir, "wiops", blockIO.throttleWriteIOPSDevice);
}

/** BFQ, if the kernel has it, takes OCI's weights as they are. */
function setWeights(dir: string, { weight, weightDevice = [] }: LinuxBlockIO): void {
  if (weight === undefined && weightDevice.length === 0) return;
  const hasBfq = existsSync(`${dir}/io.bfq.weight`);
  const file = hasBfq ? "io.bfq.weight" : "io.weight";
  const inUnitsOfFile = hasBfq ? (weight: number) => weight : weightOfBlkioWeight;
  if (weight !== undefined) writeControlFile(dir, file, inUnitsOfFile(weight));
  for (const { major, minor, weight } of weightDevice) {
    if (weight) writeControlFile(dir, file, `${major}:${minor} ${inUnitsOfFile(weight)}`);
  }
}

/** Turns v1's weight (10 to 1000) into v2's (1 to 10000), smallest to smallest and largest to largest, in a straight line. */
export function weightOfBlkioWeight(weight: number): number {
  return 1 + Math.floor(((weight - 10) * 9999) / 990);
}

function throttle(dir: string, what: string, devices: readonly LinuxThrottleDevice[] = []): void {
  for (const { major, minor, rate } of devices) {
    writeControlFile(dir, "io.max", `${major}:${minor} ${what}=${rate === 0 ? "max" : rate}`);
  }
}

/** Reads what went through each disk, under v1's names. */
export function readIoStats(dir: string): IoStats {
  const disks = [...readNestedKeyed(dir, "io.stat")];
  return {
    io_service_bytes: disks.flatMap(([disk, { rbytes = 0, wbytes = 0 }]) => countsOf(disk, rbytes, wbytes)),
    io_serviced: disks.flatMap(([disk, { rios = 0, wios = 0 }]) => countsOf(disk, rios, wios)),
  };
}

function countsOf(disk: string, read: number, write: number): IoCount[] {
  const [major, minor] = disk.split(":").map(Number) as [number, number];
  return [
    { major, minor, operation: "Read", value: read },
    { major, minor, operation: "Write", value: write },
  ];
}
