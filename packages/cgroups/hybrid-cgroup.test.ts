import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { cgroupMode, cgroupMounts } from "./detect.ts";
import { openCgroup, openCgroupAt } from "./open.ts";
import { cgroupSuite } from "./testsuite/cgroup-suite.ts";
import { availableControllers } from "./v2/controllers.ts";

const { v1, v2 } = cgroupMounts();

describe.skipIf(cgroupMode() !== "hybrid")("on a hybrid host", () => {
  const root = v2!;
  const onV2 = v2 === undefined ? [] : availableControllers(root);
  const has = (v1Name: string, v2Name: string) => v1.has(v1Name) || onV2.includes(v2Name);
  const controllers = new Set(["devices", "pressure"]);
  if (has("memory", "memory")) controllers.add("memory");
  if (v1.has("memory")) controllers.add("disableOOMKiller");
  if (has("cpu", "cpu")) controllers.add("cpu");
  if (has("cpuset", "cpuset")) controllers.add("cpuset");
  if (has("pids", "pids")) controllers.add("pids");
  if (has("blkio", "io")) controllers.add("blockIO");
  if (has("hugetlb", "hugetlb")) controllers.add("hugepageLimits");

  cgroupSuite("hybrid", {
    open: openCgroup,
    source: (path) => `
      import { openCgroup } from "${import.meta.dirname}/open.ts";
      const cgroup = openCgroup("${path}");`,
    controllers,
    directories: (path) => [...new Set(v1.values()), root].map((tree) => tree + path),
  });

  describe("v2's controllers", () => {
    const path = `/docker-eras-test-controllers-${process.pid}`;
    const cgroup = openCgroup(`${path}/a`);
    const enabled = () => readFileSync(`${root}${path}/cgroup.subtree_control`, "utf8").trim();
    afterEach(() => cgroup.delete());

    test("stay off when a cgroup is made and gets limits of v1", () => {
      cgroup.create();
      cgroup.set({ pids: { limit: 10 } });
      cgroup.writeFile("devices.deny", "a");
      expect(enabled()).toBe("");
    });

    test.skipIf(v1.has("hugetlb") || !onV2.includes("hugetlb"))("are switched on by a limit that needs one", () => {
      cgroup.create();
      cgroup.writeFile("hugetlb.2MB.limit_in_bytes", "4M");
      expect(enabled()).toBe("hugetlb");
    });
  });

  test("create() leaves nothing when it fails in one tree", () => {
    const path = `/docker-eras-test-broken-${process.pid}`;
    const mounts = { ...cgroupMounts(), v1: new Map([["memory", "/no/such/tree"]]) };
    const broken = openCgroupAt({ memory: `/no/such/tree${path}`, "": root + path }, mounts);
    expect(() => broken.create()).toThrow("Cannot create cgroup /no/such/tree/docker-eras-test-broken");
    expect(broken.exists()).toBe(false);
  });
});
