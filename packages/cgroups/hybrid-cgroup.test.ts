import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { cgroupMode, cgroupMounts } from "./detect.ts";
import { HybridCgroup } from "./hybrid-cgroup.ts";
import { cgroupSuite } from "./testsuite/cgroup-suite.ts";
import { treesOf } from "./v1/subsystems.ts";
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
    open: (path) => new HybridCgroup(path, v1, root),
    source: (path) => `
      import { cgroupMounts } from "${import.meta.dirname}/detect.ts";
      import { HybridCgroup } from "${import.meta.dirname}/hybrid-cgroup.ts";
      const cgroup = new HybridCgroup("${path}", cgroupMounts().v1, cgroupMounts().v2);`,
    controllers,
    directories: (path) => [...treesOf(v1), root].map((tree) => tree + path),
  });

  describe("v2's controllers", () => {
    const path = `/docker-eras-test-controllers-${process.pid}`;
    const cgroup = new HybridCgroup(`${path}/a`, v1, root);
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
    const broken = new HybridCgroup(
      `/docker-eras-test-broken-${process.pid}`,
      new Map([["memory", "/no/such/tree"]]),
      root,
    );
    expect(() => broken.create()).toThrow("Cannot create cgroup /no/such/tree/docker-eras-test-broken");
    expect(broken.exists()).toBe(false);
  });
});
