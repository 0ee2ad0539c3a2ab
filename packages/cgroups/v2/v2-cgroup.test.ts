import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { cgroupMounts } from "../detect.ts";
import { cgroupSuite } from "../testsuite/cgroup-suite.ts";
import { availableControllers } from "./controllers.ts";
import { delegateCgroup } from "./delegate.ts";
import { V2Cgroup } from "./v2-cgroup.ts";

const { v2 } = cgroupMounts(); // on a hybrid host most controllers are v1's, and their tests are skipped here

const CONTROLLERS: Readonly<Record<string, string>> = {
  memory: "memory",
  cpu: "cpu",
  cpuset: "cpuset",
  pids: "pids",
  io: "blockIO",
  hugetlb: "hugepageLimits",
};

describe.skipIf(v2 === undefined)("where v2 is mounted", () => {
  const root = v2!;
  const available = v2 === undefined ? [] : availableControllers(root);
  cgroupSuite("v2", {
    open: (path) => new V2Cgroup(path, root),
    source: (path) => `
      import { V2Cgroup } from "${import.meta.dirname}/v2-cgroup.ts";
      const cgroup = new V2Cgroup("${path}", "${root}");`,
    controllers: new Set(["devices", "pressure", ...available.map((name) => CONTROLLERS[name]!)]),
    directories: (path) => [root + path],
  });

  test("delegateCgroup() gives a user what hands on processes, and no limits", async () => {
    const cgroup = new V2Cgroup(`/docker-eras-test-delegated-${process.pid}`, root);
    cgroup.make();
    onTestFinished(() => cgroup.delete());
    const dir = cgroup.paths[""]!;
    delegateCgroup(dir, 1234);
    const owners = ["", "cgroup.procs", "cgroup.subtree_control", "cgroup.max.depth"].map(
      (file) => statSync(join(dir, file)).uid,
    );
    expect(owners).toEqual([1234, 1234, 1234, 0]);
  });
});
