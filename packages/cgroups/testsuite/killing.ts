/** killAll() and signalAll(): everybody is reached, whatever happens meanwhile. */
import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { processExists } from "@eras/linux/proc.ts";
import { describe, expect, test } from "vitest";
import { type CgroupSuite, exitCode, until } from "./suite.ts";

/** Declares the tests. */
export function killingTests(suite: CgroupSuite): void {
  const { name, open } = suite;

  describe(`${name}: killAll()`, () => {
    test("kills processes that fork as fast as they can", async () => {
      if (suite.controllers.has("pids")) suite.cgroup.set({ pids: { limit: 50 } });
      // Each generation lives for a moment only; without the limit of pids there is one at a time.
      suite.startInside(suite.controllers.has("pids") ? "f() { f & f & }; f; f; f" : "f() { f & }; f");
      await until(() => suite.cgroup.pids().length > 0);
      await suite.cgroup.killAll();
      expect(suite.cgroup.pids()).toEqual([]);
      await delay(50);
      expect(suite.cgroup.pids()).toEqual([]);
    });

    test("kills the processes of children, and those that ignore signals", async () => {
      const below = open(`${suite.cgroup.path}/child`);
      below.create();
      const child = suite.startInside("trap '' TERM INT HUP; sleep 1000", below);
      await suite.cgroup.killAll();
      expect(processExists(child.pid!)).toBe(false);
    });

    test("kills frozen processes", async () => {
      const child = suite.startInside("exec sleep 1000");
      await suite.cgroup.freeze();
      await suite.cgroup.killAll();
      expect(await exitCode(child)).toBe("SIGKILL");
    });

    test("is fine with an empty cgroup and with none", async () => {
      await suite.cgroup.killAll();
      await suite.cgroup.delete();
      await suite.cgroup.killAll();
    });
  });

  describe(`${name}: signalAll()`, () => {
    test("reaches everybody, frozen processes too, and those of children", async () => {
      const here = await suite.startTrapping();
      const below = open(`${suite.cgroup.path}/child`); // which v2 gives no controllers, because of the process here
      below.create();
      const children = [here, await suite.startTrapping(below)];
      await suite.cgroup.freeze();
      await suite.cgroup.signalAll(constants.signals.SIGTERM);
      expect(await Promise.all(children.map(exitCode))).toEqual([3, 3]);
      expect(suite.cgroup.freezerState()).toBe("THAWED");
    });

    test("kills with SIGKILL", async () => {
      const child = suite.startInside("exec sleep 1000");
      await suite.cgroup.signalAll(constants.signals.SIGKILL);
      expect(await exitCode(child)).toBe("SIGKILL");
    });

    test("is fine with an empty cgroup and with none", async () => {
      await suite.cgroup.signalAll(constants.signals.SIGTERM);
      await suite.cgroup.delete();
      await suite.cgroup.signalAll(constants.signals.SIGTERM);
    });
  });
}
