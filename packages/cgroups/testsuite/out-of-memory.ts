/** onOutOfMemory(): the kernel tells whom it killed for lack of memory. */
import { processExists } from "@eras/linux/proc.ts";
import { describe, expect } from "vitest";
import { onOutOfMemory, oomKills } from "../out-of-memory.ts";
import { type CgroupSuite, exitCode, MIB, until } from "./suite.ts";

/** Declares the tests. */
export function outOfMemoryTests(suite: CgroupSuite): void {
  const { name, open, needs } = suite;

  describe(`${name}: onOutOfMemory()`, () => {
    needs("memory")("tells of each kill, and of nothing after it is stopped", async () => {
      suite.cgroup.set({ memory: { limit: 16 * MIB, swap: 16 * MIB } });
      let events = 0;
      const stop = onOutOfMemory(suite.cgroup.paths, { killed: () => events++ });
      expect(await exitCode(suite.startInside("exec tail /dev/zero"))).toBe("SIGKILL");
      await until(() => events === 1);
      expect(await exitCode(suite.startInside("exec tail /dev/zero"))).toBe("SIGKILL");
      await until(() => events === 2);
      stop();
      expect(await exitCode(suite.startInside("exec tail /dev/zero"))).toBe("SIGKILL");
      await until(() => oomKills(suite.cgroup.paths) === 3);
      expect(events).toBe(2);
    });

    needs("disableOOMKiller")("tells that processes wait where the killer is disabled", async () => {
      suite.cgroup.set({ memory: { limit: 16 * MIB, swap: 16 * MIB, disableOOMKiller: true } });
      let events = 0;
      const stop = onOutOfMemory(suite.cgroup.paths, { killed: () => events++ });
      const child = suite.startInside("exec tail /dev/zero");
      await until(() => events === 1);
      stop();
      expect(processExists(child.pid!)).toBe(true);
      expect(oomKills(suite.cgroup.paths)).toBe(0);
    });

    needs("memory")("doesn't keep a program from exiting", async () => {
      const child = suite.startNode(`
        import { onOutOfMemory } from "${import.meta.dirname}/../out-of-memory.ts";
        onOutOfMemory(cgroup.paths, { killed: () => {} });
        setTimeout(() => process.exit(7), 50);`);
      expect(await exitCode(child)).toBe(7);
    });

    needs("memory")("tells only those whose cgroup it was", async () => {
      const other = open(`${suite.parent}/other`);
      other.create();
      suite.cgroup.set({ memory: { limit: 16 * MIB, swap: 16 * MIB } });
      let events = 0;
      const stops = [
        onOutOfMemory(suite.cgroup.paths, { killed: () => events++ }),
        onOutOfMemory(other.paths, { killed: () => (events += 100) }),
      ];
      await exitCode(suite.startInside("exec tail /dev/zero"));
      await until(() => events > 0);
      for (const stop of stops) stop();
      await other.delete();
      expect(events).toBe(1);
    });

    needs("memory")("tells when the cgroup is gone", async () => {
      let events = "";
      onOutOfMemory(suite.cgroup.paths, { killed: () => (events += "killed "), ended: () => (events += "ended ") });
      await suite.cgroup.delete();
      await until(() => events !== "");
      expect(events).toBe("ended ");
    });
  });
}
