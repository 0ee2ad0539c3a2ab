/** What runs in the virtual machine: tests that find there what the machine outside may lack, pure cgroup v2 and AppArmor. */
import { defineConfig } from "vitest/config";
import ordinary from "../../vitest.config.ts";

export default defineConfig({
  test: {
    ...ordinary.test,
    maxWorkers: 1,
    include: ["packages/cgroups/open.test.ts", "packages/cgroups/v2/v2-cgroup.test.ts", "test/vm/*.vm-test.ts"],
    testTimeout: 120_000,
  },
});
