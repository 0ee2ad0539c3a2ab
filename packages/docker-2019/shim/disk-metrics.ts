/** What went through the disks, in the messages that containerd's clients know. */
import { readFileSync } from "node:fs";
import type { IoCount, IoStats } from "@eras/cgroups/stats.ts";
import type { BlkIOStat } from "../proto/gen/cgroups-v1_pb.ts";
import type { IOStat } from "../proto/gen/cgroups-v2_pb.ts";
import type { Init } from "../proto/message.ts";

/** v1's: an entry for each disk and operation, with the disk's name. */
export function blkioV1(io: IoStats): Init<BlkIOStat> {
  const devices = devicePaths();
  const entries = (counter: string) =>
    (io[counter] ?? []).map(({ major, minor, operation: op = "", value }) => {
      const device = devices.get(`${major}:${minor}`) ?? "";
      return { op, device, major: BigInt(major), minor: BigInt(minor), value: BigInt(value) };
    });
  return {
    ioServiceBytesRecursive: entries("io_service_bytes"),
    ioServicedRecursive: entries("io_serviced"),
    ioQueuedRecursive: entries("io_queued"),
    ioServiceTimeRecursive: entries("io_service_time"),
    ioWaitTimeRecursive: entries("io_wait_time"),
    ioMergedRecursive: entries("io_merged"),
    ioTimeRecursive: entries("time"),
    sectorsRecursive: entries("sectors"),
  };
}

/** By `MAJOR:MINOR`. @see https://docs.kernel.org/admin-guide/iostats.html */
function devicePaths(): ReadonlyMap<string, string> {
  const lines = readFileSync("/proc/diskstats", "utf8").trimEnd().split("\n");
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return new Map(fields.map(([major, minor, name]) => [`${major}:${minor}`, `/dev/${name}`]));
}

/** v2's: an entry for each disk. */
export function ioV2(io: IoStats): Init<IOStat> {
  const disks = (io.io_service_bytes ?? []).filter(({ operation }) => operation === "Read");
  return {
    usage: disks.map((disk) => ({
      major: BigInt(disk.major),
      minor: BigInt(disk.minor),
      rbytes: count(io.io_service_bytes, disk, "Read"),
      wbytes: count(io.io_service_bytes, disk, "Write"),
      rios: count(io.io_serviced, disk, "Read"),
      wios: count(io.io_serviced, disk, "Write"),
    })),
  };
}

function count(counts: readonly IoCount[] = [], { major, minor }: IoCount, operation: string): bigint {
  const found = counts.find((one) => one.major === major && one.minor === minor && one.operation === operation);
  return BigInt(found?.value ?? 0);
}
