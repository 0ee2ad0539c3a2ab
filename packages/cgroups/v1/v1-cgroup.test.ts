import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { cgroupMounts } from "../detect.ts";
import { cgroupSuite } from "../testsuite/cgroup-suite.ts";
import { directoriesAt } from "./subsystems.ts";
import { V1Cgroup } from "./v1-cgroup.ts";

const { v1 } = cgroupMounts(); // a hybrid host without its v2 tree is a v1 host

const CONTROLLERS = {
  memory: "memory",
  disableOOMKiller: "memory",
  cpu: "cpu",
  cpuset: "cpuset",
  pids: "pids",
  blockIO: "blkio",
  devices: "devices",
  hugepageLimits: "hugetlb",
};
/** A kernel with CONFIG_RT_GROUP_SCHED. */
const hasRealtime = existsSync(`${v1.get("cpu")}/cpu.rt_runtime_us`);
const present = Object.entries(CONTROLLERS).filter(([, controller]) => v1.has(controller));

describe.skipIf(v1.size === 0)("where v1 is mounted", () => {
  cgroupSuite("v1", {
    open: (path) => new V1Cgroup(path, directoriesAt(v1, path)),
    source: (path) => `
      import { cgroupMounts } from "${import.meta.dirname}/../detect.ts";
      import { directoriesAt } from "${import.meta.dirname}/subsystems.ts";
      import { V1Cgroup } from "${import.meta.dirname}/v1-cgroup.ts";
      const cgroup = new V1Cgroup("${path}", directoriesAt(cgroupMounts().v1, "${path}"));`,
    controllers: new Set(present.map(([key]) => key)),
    directories: (path) => [...new Set(v1.values())].map((root) => root + path),
  });

  test.skipIf(!hasRealtime)(
    "set() shortens a real-time period whose runtime is longer still, and lengthens it",
    async () => {
      const path = `/docker-eras-test-realtime-${process.pid}`; // below the root, which alone has time to give
      const cgroup = new V1Cgroup(path, directoriesAt(v1, path));
      const set = (realtimePeriod: number, realtimeRuntime: number) => {
        cgroup.set({ cpu: { realtimePeriod, realtimeRuntime } });
        return ["cpu.rt_period_us", "cpu.rt_runtime_us"].map((file) =>
          Number(readFileSync(`${v1.get("cpu")}${path}/${file}`)),
        );
      };
      cgroup.create();
      try {
        expect(set(500_000, 10_000)).toEqual([500_000, 10_000]);
        expect(set(5000, 100)).toEqual([5000, 100]);
        expect(set(100_000, 1000)).toEqual([100_000, 1000]);
      } finally {
        await cgroup.delete();
      }
    },
  );

  test("create() leaves nothing when it fails in one tree", () => {
    const parent = `/docker-eras-test-broken-${process.pid}`;
    const trees = new Map([...v1, ["misc", "/no/such/tree"]]);
    const broken = new V1Cgroup(`${parent}/a`, directoriesAt(trees, `${parent}/a`));
    expect(() => broken.create()).toThrow("Cannot create cgroup /no/such/tree/docker-eras-test-broken");
    expect(new V1Cgroup(parent, directoriesAt(v1, parent)).exists()).toBe(false);
  });
});
