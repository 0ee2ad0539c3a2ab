/** What can't be seen on a host that knows all limits. The rest is held against the genuine dockerd in test/interop. */
import { describe, expect, test } from "vitest";
import type { HostSupport } from "./host-support.ts";
import { verifyResources } from "./verify-resources.ts";

const NOTHING: HostSupport = {
  memoryLimit: false,
  swapLimit: false,
  memoryReservation: false,
  memorySwappiness: false,
  kernelMemory: false,
  kernelMemoryTcp: false,
  oomKillDisable: false,
  pidsLimit: false,
  cpuShares: false,
  cpuCfs: false,
  cpuRealtime: false,
  cpuset: false,
  cpus: "",
  mems: "",
  blkioWeight: false,
  blkioWeightDevice: false,
  blkioReadBps: false,
  blkioWriteBps: false,
  blkioReadIops: false,
  blkioWriteIops: false,
  cgroupNamespaces: false,
  ipv4Forwarding: false,
  processors: 2,
  cgroupVersion: 1,
};
const MB = 2 ** 20;
const CREATED = { isUpdate: false };

describe("verifyResources(), where the host knows no limits,", () => {
  test("discards all, with a warning each", () => {
    const disk = [{ Path: "/dev/sda", Rate: 1 }];
    const { value, warnings } = verifyResources(
      {
        Memory: 64 * MB,
        MemorySwap: 128 * MB,
        MemorySwappiness: 10,
        MemoryReservation: 32 * MB,
        OomKillDisable: true,
        PidsLimit: 50,
        CpuShares: 512,
        CpuQuota: 25_000,
        CpusetCpus: "0",
        BlkioWeight: 300,
        BlkioDeviceReadBps: disk,
      },
      NOTHING,
      CREATED,
    );
    expect(value).toMatchObject({ Memory: 0, MemorySwap: -1, MemorySwappiness: null, MemoryReservation: 0 });
    expect(value).toMatchObject({ OomKillDisable: null, PidsLimit: null, CpuShares: 0, CpuQuota: 0, CpusetCpus: "" });
    expect(value).toMatchObject({ BlkioWeight: 0, BlkioDeviceReadBps: [] });
    expect(warnings).toHaveLength(10);
    expect(warnings[0]).toBe(
      "Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.",
    );
  });

  test("keeps memory where swap alone isn't counted", () => {
    const { value, warnings } = verifyResources({ Memory: 64 * MB }, { ...NOTHING, memoryLimit: true }, CREATED);
    expect(value).toMatchObject({ Memory: 64 * MB, MemorySwap: -1 });
    expect(warnings).toEqual([
      "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.",
    ]);
  });

  test("refuses --cpus, which is a promise", () =>
    expect(() => verifyResources({ NanoCpus: 1e9 }, NOTHING, CREATED)).toThrow(
      "NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted",
    ));
});
