/** freeze() and thaw(): processes stop without noticing, and go on. */
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type CgroupSuite, exitCode, expectFrozen, until } from "./suite.ts";

/** Declares the tests. */
export function freezingTests(suite: CgroupSuite): void {
  const { name, open } = suite;

  describe(`${name}: freeze(), thaw()`, () => {
    test("stops processes and lets them go on", async () => {
      const child = await suite.startTrapping();
      await suite.cgroup.freeze();
      await expectFrozen(child);
      expect(suite.cgroup.freezerState()).toBe("FROZEN");
      suite.cgroup.thaw();
      expect(suite.cgroup.freezerState()).toBe("THAWED");
      expect(await exitCode(child)).toBe(3);
    });

    test("are not said of who is frozen with an ancestor, nor of who is gone", async () => {
      const below = open(`${suite.cgroup.path}/child`);
      below.create();
      await suite.cgroup.freeze();
      expect(below.freezerState()).toBe("THAWED");
      suite.cgroup.thaw();
      await below.delete();
      expect(below.freezerState()).toBe("THAWED");
    });

    test("stop processes that keep forking", async () => {
      if (suite.controllers.has("pids")) suite.cgroup.set({ pids: { limit: 20 } });
      suite.startInside("while :; do (:) & wait; done");
      await until(() => suite.cgroup.pids().length > 1);
      for (let i = 0; i < 10; i++) {
        await suite.cgroup.freeze();
        const before = suite.cgroup.pids();
        await delay(5);
        expect(suite.cgroup.pids()).toEqual(before);
        suite.cgroup.thaw();
      }
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
