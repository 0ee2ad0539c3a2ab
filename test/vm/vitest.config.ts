/** What runs in the virtual machine: tests that find there what the machine outside may lack, pure cgroup v2 and AppArmor, or SELinux. */
import { existsSync } from "node:fs";
import { defineConfig } from "vitest/config";
import ordinary from "../../vitest.config.ts";

/** The kernel makes the directory when SELinux is on. */
const TESTS = existsSync("/sys/fs/selinux")
  ? ["test/vm/selinux.vm-test.ts"]
  : [
      "packages/cgroups/open.test.ts",
      "packages/cgroups/beside-runc.test.ts",
      "packages/cgroups/systemd/systemd-cgroup.test.ts",
      "packages/cgroups/v2/v2-cgroup.test.ts",
      "test/vm/docker-2013.vm-test.ts",
      "test/vm/runc.vm-test.ts",
    ];

export default defineConfig({
  test: {
    ...ordinary.test,
    maxWorkers: 1,
    reporters: ["default", "./test/counts-reporter.ts"], // the ledger is judged by the suite outside
    include: TESTS,
    testTimeout: 120_000,
  },
});
