import { describe, expect, test } from "vitest";
import { cgroupMode, cgroupMounts } from "./detect.ts";
import { HybridCgroup } from "./hybrid-cgroup.ts";
import { cgroupSuite } from "./testsuite.ts";
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
