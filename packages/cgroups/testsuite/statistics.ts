/** readCgroupStats(): what was used is counted. */
import { describe, expect } from "vitest";
import { type CgroupSuite, until } from "./suite.ts";

/** Declares the tests. */
export function statisticTests(suite: CgroupSuite): void {
  const { name, needs } = suite;

  describe(`${name}: stats()`, () => {
    needs("memory")("counts memory, tasks and processor time", async () => {
      suite.startInside("i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; exec sleep 1000");
      await until(() => suite.stats().cpu!.usageNs > 1_000_000);
      const { cpu, memory, pids } = suite.stats();
      expect(memory?.usageBytes).toBeGreaterThan(0);
      expect(memory?.anonBytes).toBeGreaterThanOrEqual(0);
      expect(pids?.current).toBe(1);
      expect(cpu!.userNs + cpu!.systemNs).toBeLessThanOrEqual(cpu!.usageNs * 1.5 + 20_000_000);
    });

    needs("pressure")("reads pressure", () => {
      const { some } = suite.stats().pressure!.cpu!;
      expect(some).toEqual({
        avg10: expect.any(Number),
        avg60: expect.any(Number),
        avg300: expect.any(Number),
        total: expect.any(Number),
      });
    });
  });
}
