import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { blkioV1, ioV2 } from "./disk-metrics.ts";

test("blkioV1() names each disk as the kernel does", () => {
  const [, major, minor, name] = /^\s*(\d+)\s+(\d+)\s+(\S+)/.exec(readFileSync("/proc/diskstats", "utf8")) ?? [];
  const disk = { major: Number(major), minor: Number(minor) };
  const unknown = { major: 4000, minor: 7, value: 1 };
  const blkio = blkioV1({ io_service_bytes: [{ ...disk, operation: "Write", value: 4096 }], sectors: [unknown] });
  const [written] = blkio.ioServiceBytesRecursive!;
  expect(written).toMatchObject({ op: "Write", device: `/dev/${name}`, major: BigInt(disk.major), value: 4096n });
  expect(blkio.sectorsRecursive).toEqual([{ op: "", device: "", major: 4000n, minor: 7n, value: 1n }]);
  expect(blkio.ioMergedRecursive).toEqual([]);
});

test("ioV2() puts the four numbers of a disk together", () => {
  const counts = (read: number, write: number, major = 8) => [
    { major, minor: 0, operation: "Read", value: read },
    { major, minor: 0, operation: "Write", value: write },
  ];
  const io = ioV2({
    io_service_bytes: [...counts(10, 20), ...counts(1, 2, 9)],
    io_serviced: [...counts(3, 4), ...counts(5, 6, 9)],
  });
  expect(io.usage).toEqual([
    { major: 8n, minor: 0n, rbytes: 10n, wbytes: 20n, rios: 3n, wios: 4n },
    { major: 9n, minor: 0n, rbytes: 1n, wbytes: 2n, rios: 5n, wios: 6n },
  ]);
});
