/** onOutOfMemory(): the kernel tells whom it killed for lack of memory. */
import { processExists } from "@eras/linux/proc.ts";
import { describe, expect } from "vitest";
import { type CgroupSuite, exitCode, MIB, until } from "./suite.ts";

/** Declares the tests. */
export function outOfMemoryTests(suite: CgroupSuite): void {
  const { name, open, needs } = suite;

  describe(`${name}: onOutOfMemory()`, () => {
    needs("memory")("tells of each kill, and of nothing after it is stopped", async () => {
      suite.cgroup.set({ memory: { limit: 16 * MIB, swap: 16 * MIB } });
      let events = 0;
      const stop = suite.cgroup.onOutOfMemory(() => events++);
      expect(await exitCode(suite.startInside("exec tail /dev/zero"))).toBe("SIGKILL");
      await until(() => events === 1);
      expect(await exitCode(suite.startInside("exec tail /dev/zero"))).toBe("SIGKILL");
      await until(() => events === 2);
      stop();
      expect(await exitCode(suite.startInside("exec tail /dev/zero"))).toBe("SIGKILL");
      await until(() => suite.cgroup.stats().memory?.oomKills === 3);
      expect(events).toBe(2);
    });

    needs("disableOOMKiller")("tells that processes wait where the killer is disabled", async () => {
      suite.cgroup.set({ memory: { limit: 16 * MIB, swap: 16 * MIB, disableOOMKiller: true } });
      let events = 0;
      const stop = suite.cgroup.onOutOfMemory(() => events++);
      const child = suite.startInside("exec tail /dev/zero");
      await until(() => events === 1);
      stop();
      expect(processExists(child.pid!)).toBe(true);
      expect(suite.cgroup.stats().memory?.oomKills).toBe(0);
    });

    needs("memory")("doesn't keep a program from exiting", async () => {
      const child = suite.startNode("cgroup.onOutOfMemory(() => {}); setTimeout(() => process.exit(7), 50);");
      expect(await exitCode(child)).toBe(7);
    });

    needs("memory")("tells only those whose cgroup it was", async () => {
      const other = open(`${suite.parent}/other`);
      other.create();
      suite.cgroup.set({ memory: { limit: 16 * MIB, swap: 16 * MIB } });
      let events = 0;
      const stops = [suite.cgroup.onOutOfMemory(() => events++), other.onOutOfMemory(() => (events += 100))];
      await exitCode(suite.startInside("exec tail /dev/zero"));
      await until(() => events > 0);
      for (const stop of stops) stop();
      await other.delete();
      expect(events).toBe(1);
    });
  });
}
