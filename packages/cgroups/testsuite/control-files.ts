/** writeFile(): control files by the names that v1 gave them. */
import { describe, expect, test } from "vitest";
import { type CgroupSuite, exitCode, expectFrozen, MIB, until } from "./suite.ts";

/** Declares the tests. */
export function controlFileTests(suite: CgroupSuite): void {
  const { name, needs } = suite;

  describe(`${name}: writeFile()`, () => {
    needs("memory")("takes v1's names of memory files", () => {
      suite.cgroup.writeFile("memory.limit_in_bytes", "32M");
      suite.cgroup.writeFile("memory.memsw.limit_in_bytes", "64M");
      expect(suite.stats().memory?.limitBytes).toBe(32 * MIB);
    });

    needs("cpu")("takes v1's names of cpu files", async () => {
      suite.cgroup.writeFile("cpu.shares", "512");
      suite.cgroup.writeFile("cpu.cfs_period_us", "50000");
      suite.cgroup.writeFile("cpu.cfs_quota_us", "5000");
      suite.startInside("while :; do :; done");
      await until(() => suite.stats().throttling!.throttledPeriods >= 1);
    });

    needs("cpuset")("takes cpuset.cpus", () => suite.cgroup.writeFile("cpuset.cpus", "0"));

    needs("devices")("takes v1's device rules, one at a time", async () => {
      suite.cgroup.writeFile("devices.deny", "a");
      suite.cgroup.writeFile("devices.allow", "c 1:3 rwm");
      suite.cgroup.writeFile("devices.allow", "c 5:* rwm");
      expect(await exitCode(suite.startInside("echo x > /dev/null"))).toBe(0);
      expect(await exitCode(suite.startInside("head -c 1 /dev/zero"))).toBe(1);
      suite.cgroup.writeFile("devices.allow", "c 1:5 r");
      expect(await exitCode(suite.startInside("head -c 1 /dev/zero"))).toBe(0);
    });

    test("takes v1's freezer.state", async () => {
      const child = await suite.startTrapping();
      suite.cgroup.writeFile("freezer.state", "FROZEN");
      await expectFrozen(child);
      suite.cgroup.writeFile("freezer.state", "THAWED");
      expect(await exitCode(child)).toBe(3);
    });

    test("refuses a file that is not there", () => {
      expect(() => suite.cgroup.writeFile("memory.no_such_file", "1")).toThrow(
        /Cannot write "1" to .*memory.no_such_file/,
      );
      expect(() => suite.cgroup.writeFile("nothing.at_all", "1")).toThrow(/Cannot write "1" to nothing.at_all/);
      expect(() => suite.cgroup.writeFile("memory./../../x", "1")).toThrow(/Cannot write "1" to/);
    });
  });
}
