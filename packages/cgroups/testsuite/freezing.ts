/** freeze() and thaw(): processes stop without noticing, and go on. */
import { describe, expect, test } from "vitest";
import { type CgroupSuite, exitCode, expectFrozen } from "./suite.ts";

/** Declares the tests. */
export function freezingTests(suite: CgroupSuite): void {
  const { name } = suite;

  describe(`${name}: freeze(), thaw()`, () => {
    test("stops processes and lets them go on", async () => {
      const child = await suite.startTrapping();
      await suite.cgroup.freeze();
      await expectFrozen(child);
      suite.cgroup.thaw();
      expect(await exitCode(child)).toBe(3);
    });

    test("doesn't freeze the caller", async () => {
      const child = suite.startNode(`
        cgroup.addProcess(process.pid);
        const refused = (error) => /this process is in it/.test(error.message);
        process.exit(await cgroup.freeze().then(() => 1, (error) => (refused(error) ? 0 : 2)));`);
      expect(await exitCode(child)).toBe(0);
    });
  });
}
