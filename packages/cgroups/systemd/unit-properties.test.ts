import { describe, expect, test } from "vitest";
import { bitsOf, resourceProperties } from "./unit-properties.ts";

const INFINITY = 2n ** 64n - 1n;
const valuesOf = (...args: Parameters<typeof resourceProperties>) =>
  Object.fromEntries(resourceProperties(...args).map(([name, { value }]) => [name, value]));

describe("resourceProperties()", () => {
  test("says the same in the words of v1 and of v2", () => {
    const resources = {
      memory: { limit: 100, swap: 150, reservation: 50 },
      cpu: { shares: 1024 },
      blockIO: { weight: 500 },
    };
    expect(valuesOf(resources, false)).toEqual({ MemoryLimit: 100n, CPUShares: 1024n, BlockIOWeight: 500n });
    expect(valuesOf(resources, true)).toEqual({ MemoryMax: 100n, MemorySwapMax: 50n, MemoryLow: 50n, CPUWeight: 39n });
  });

  test("has a word for no limit", () => {
    const resources = { memory: { limit: -1 }, cpu: { quota: -1 }, pids: { limit: -1 } };
    expect(valuesOf(resources, true)).toEqual({
      ...{ MemoryMax: INFINITY, MemorySwapMax: INFINITY, CPUQuotaPerSecUSec: INFINITY, TasksMax: INFINITY },
    });
  });

  test.each([
    [
      { quota: 50_000, period: 100_000 },
      { CPUQuotaPerSecUSec: 500_000n, CPUQuotaPeriodUSec: 100_000n },
    ],
    [{ quota: 12_345 }, { CPUQuotaPerSecUSec: 130_000n }],
    [{ period: 50_000 }, { CPUQuotaPerSecUSec: INFINITY, CPUQuotaPeriodUSec: 50_000n }],
  ])("rounds a quota up to whole per cent: %j", (cpu, expected) => expect(valuesOf({ cpu }, true)).toEqual(expected));

  test("knows some control files of v2", () => {
    const unified = {
      "memory.high": "10",
      "cpu.max": "max 50000",
      "cpuset.cpus": "1",
      "io.latency": "x",
      "pids.max": "max",
    };
    expect(valuesOf({ unified }, true)).toEqual({
      ...{ MemoryHigh: 10n, CPUQuotaPerSecUSec: INFINITY, CPUQuotaPeriodUSec: 50_000n },
      ...{ AllowedCPUs: Buffer.from([2]), TasksMax: INFINITY },
    });
  });

  test("says nothing of what is left alone", () => {
    expect(valuesOf({ memory: { limit: 0 }, cpu: { shares: 0, cpus: "" }, pids: { limit: 0 } }, true)).toEqual({});
  });
});

describe("bitsOf()", () => {
  test("begins with the lowest", () => {
    expect([...bitsOf("0-2, 9")]).toEqual([0b111, 0b10]);
    expect([...bitsOf("4")]).toEqual([0b10000]);
  });
  test.each(["", "a", "1-", "1,,2"])("refuses %j", (list) =>
    expect(() => bitsOf(list)).toThrow(`Cannot read "${list}"`),
  );
});
