/** set(): whoever takes more than a limit is stopped, slowed or killed. */
import { existsSync, readFileSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { describe, expect, test } from "vitest";
import { type CgroupSuite, exitCode, MIB, until } from "./suite.ts";

/** Declares the tests. */
export function limitTests(suite: CgroupSuite): void {
  const { name, needs } = suite;

  describe(`${name}: set()`, () => {
    needs("memory")("limits memory: who takes more is killed", async () => {
      suite.cgroup.set({ memory: { limit: 32 * MIB, swap: 33 * MIB } });
      expect(await exitCode(suite.startInside("exec tail /dev/zero"))).toBe("SIGKILL"); // one endless line, kept in memory
      const { memory } = suite.stats();
      expect(memory?.limitBytes).toBe(32 * MIB);
      expect(memory?.events.oom_kill).toBe(1);
      expect(memory?.limitHits).toBeGreaterThan(0);
    });

    needs("memory")("raises and lowers memory and swap together", () => {
      suite.cgroup.set({ memory: { limit: 32 * MIB, swap: 64 * MIB } });
      suite.cgroup.set({ memory: { limit: 128 * MIB, swap: 256 * MIB } });
      suite.cgroup.set({ memory: { limit: 16 * MIB, swap: 16 * MIB } });
      suite.cgroup.set({ memory: { limit: 64 * MIB, swap: -1 } });
      expect(suite.stats().memory?.limitBytes).toBe(64 * MIB);
      suite.cgroup.set({ memory: { limit: -1, swap: -1, reservation: 8 * MIB } });
      expect(suite.stats().memory?.limitBytes).toBeUndefined();
    });

    needs("memory")("refuses a limit below the use when asked to check", async () => {
      suite.startInside("exec sleep 1000");
      await until(() => (suite.stats().memory?.usageBytes ?? 0) > 0);
      expect(() => suite.cgroup.set({ memory: { limit: 1, checkBeforeUpdate: true } })).toThrow(
        /memory limit to 1 \(current usage: \d+/,
      );
    });

    needs("memory")("takes the limit of swap away with that of memory", () => {
      suite.cgroup.set({ memory: { limit: 32 * MIB, swap: 64 * MIB } });
      suite.cgroup.set({ memory: { limit: -1 } });
      expect(suite.stats().memory?.limitBytes).toBeUndefined();
      expect(suite.stats().memory?.swap?.limitBytes).toBeUndefined();
    });

    needs("disableOOMKiller")("sets swappiness, and refuses what is none", () => {
      suite.cgroup.set({ memory: { swappiness: 7 } });
      suite.cgroup.set({ memory: { swappiness: -1 } });
      expect(suite.read("memory.swappiness")).toEqual(["7"]);
      expect(() => suite.cgroup.set({ memory: { swappiness: 1000 } })).toThrow(
        /Cannot write "1000" to .*memory.swappiness/,
      );
    });

    needs("cpu")("limits processor time: who takes more is throttled", async () => {
      suite.cgroup.set({ cpu: { shares: 512, period: 50_000, quota: 5_000 } });
      suite.startInside("while :; do :; done");
      await until(() => suite.stats().throttling!.throttledPeriods >= 3);
      const { cpu, throttling } = suite.stats();
      expect(throttling!.throttledNs).toBeGreaterThan(0);
      expect(cpu!.usageNs / throttling!.periods).toBeLessThan(25_000_000); // of 50,000,000
    });

    needs("cpu")("changes quota and period in either direction", () => {
      suite.cgroup.set({ cpu: { period: 1_000_000, quota: 900_000 } });
      suite.cgroup.set({ cpu: { period: 10_000, quota: 5_000 } });
      suite.cgroup.set({ cpu: { period: 20_000 } });
      suite.cgroup.set({ cpu: { quota: -1 } });
    });

    needs("cpu")("lets unused quota be saved, up to the quota", () => {
      suite.cgroup.set({ cpu: { period: 100_000, quota: 50_000, burst: 20_000 } });
      suite.cgroup.set({ cpu: { quota: 80_000, burst: 70_000 } });
      suite.cgroup.set({ cpu: { quota: 10_000, burst: 5_000 } });
      expect(suite.read("cpu.cfs_burst_us", "cpu.max.burst")).toEqual(["5000"]);
    });

    needs("cpu")("lets processes run only when nobody else wants to, and with a weight again", () => {
      suite.cgroup.set({ cpu: { shares: 2048, idle: 1 } });
      expect(suite.read("cpu.idle")).toEqual(["1"]);
      suite.cgroup.set({ cpu: { shares: 4096, idle: 0 } });
      expect(suite.read("cpu.shares", "cpu.weight")).toEqual([name === "v2" ? "157" : "4096"]);
    });

    needs("cpuset")("binds to a processor", async () => {
      suite.cgroup.set({ cpu: { cpus: "0" } });
      const child = suite.startInside("exec sleep 1000");
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      expect(/Cpus_allowed_list:\s*(.*)/.exec(status)?.[1]).toBe("0");
      expect(() => suite.cgroup.set({ cpu: { cpus: "9999" } })).toThrow(/Cannot write "9999" to .*cpuset.cpus/);
    });

    needs("pids")("limits the number of tasks: a fork bomb stops", async () => {
      suite.cgroup.set({ pids: { limit: 10 } });
      suite.startInside("bomb() { sleep 1000 & bomb & bomb; }; bomb");
      await until(() => (suite.stats().pids?.limitHits ?? 0) > 0);
      expect(suite.stats().pids?.limit).toBe(10);
      expect(suite.stats().pids?.current).toBeLessThanOrEqual(10);
      suite.cgroup.set({ pids: { limit: -1 } });
      expect(suite.stats().pids?.limit).toBeUndefined();
    });

    needs("blockIO")("limits the speed of a disk and counts what goes through", () => {
      const [major, minor] = firstDisk();
      suite.cgroup.set({ blockIO: { throttleWriteBpsDevice: [{ major, minor, rate: MIB }] } });
      suite.cgroup.set({ blockIO: { throttleReadIOPSDevice: [{ major, minor, rate: 100 }] } });
      const limits = suite
        .directories(suite.cgroup.path)
        .flatMap((dir) => [readIfPresent(`${dir}/blkio.throttle.write_bps_device`), readIfPresent(`${dir}/io.max`)]);
      expect(limits.join("")).toContain(String(MIB));
      expect(suite.stats().io).toBeTypeOf("object");
      suite.cgroup.set({ blockIO: { throttleWriteBpsDevice: [{ major, minor, rate: 0 }] } });
    });

    needs("blockIO")("takes a weight for disks", () => suite.cgroup.set({ blockIO: { weight: 500 } }));

    needs("hugepageLimits")("limits huge pages", () => {
      suite.cgroup.set({ hugepageLimits: [{ pageSize: "2MB", limit: 4 * MIB }] });
      expect(suite.stats().hugetlb?.get("2MB")).toMatchObject({ usageBytes: 0, limitHits: 0 });
      expect(() => suite.cgroup.set({ hugepageLimits: [{ pageSize: "3MB", limit: 0 }] })).toThrow(/hugetlb.3MB/);
    });

    needs("hugepageLimits")("refuses a size of pages that is a path", () => {
      const limit = { pageSize: "../2MB", limit: 0 };
      expect(() => suite.cgroup.set({ hugepageLimits: [limit] })).toThrow('Cannot limit huge pages of "../2MB"');
    });

    test("leaves alone what runc takes for left out, whatever controllers there are", () => {
      suite.cgroup.set({
        memory: { limit: 0, reservation: 0, swap: 0, kernel: 0, kernelTCP: 0, disableOOMKiller: false },
        cpu: { shares: 0, quota: 0, period: 0, realtimePeriod: 0, realtimeRuntime: 0, cpus: "", mems: "" },
        blockIO: { weight: 0, leafWeight: 0, weightDevice: [], throttleReadBpsDevice: [] },
        pids: { limit: 0 },
        network: { classID: 0, priorities: [] },
        hugepageLimits: [],
        rdma: {},
        unified: {},
      });
    });

    test("names file and value that the kernel refuses", () => {
      const [limit, value] = suite.controllers.has("pids")
        ? [{ pids: { limit: 1.5 } }, "1.5"]
        : [{ unified: { "cgroup.type": "x" } }, "x"];
      expect(() => suite.cgroup.set(limit)).toThrow(
        new RegExp(`Cannot write "${value}" to /.*/(pids.max|cgroup.type): EINVAL`),
      );
    });
  });
}

/** The numbers of a disk (not of a partition: those have no limits). */
function firstDisk(): [number, number] {
  const partitions = readFileSync("/proc/partitions", "utf8").trim().split("\n").slice(2);
  const disk = partitions
    .map((line) => line.trim().split(/\s+/))
    .find(([, , , name]) => existsSync(`/sys/block/${name}`));
  if (disk === undefined) throw new Error("Cannot find a disk in /proc/partitions");
  return [Number(disk[0]), Number(disk[1])];
}

function readIfPresent(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
}
