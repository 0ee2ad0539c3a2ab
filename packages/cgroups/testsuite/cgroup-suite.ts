/** What every kind of cgroup must do, tried on the kernel: one suite for each backend, a file for each subject. */
import { controlFileTests } from "./control-files.ts";
import { deviceTests } from "./devices.ts";
import { freezingTests } from "./freezing.ts";
import { joiningTests } from "./joining.ts";
import { killingTests } from "./killing.ts";
import { lifeTests } from "./life.ts";
import { limitTests } from "./limits.ts";
import { outOfMemoryTests } from "./out-of-memory.ts";
import { statisticTests } from "./statistics.ts";
import { CgroupSuite, type CgroupSuiteOptions } from "./suite.ts";

/** Declares the suite for one backend. */
export function cgroupSuite(name: string, options: CgroupSuiteOptions): void {
  const suite = new CgroupSuite(name, options);
  suite.declareHooks();
  lifeTests(suite);
  joiningTests(suite);
  limitTests(suite);
  deviceTests(suite);
  controlFileTests(suite);
  freezingTests(suite);
  killingTests(suite);
  statisticTests(suite);
  outOfMemoryTests(suite);
}
