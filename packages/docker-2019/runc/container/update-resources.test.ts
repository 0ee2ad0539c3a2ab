import { describe, expect, test } from "vitest";
import { inverse, mergeResources } from "./update-resources.ts";

const MIB = 1024 ** 2;

describe("mergeResources()", () => {
  test("keeps what the change doesn't name", () => {
    const before = { memory: { limit: 64 * MIB, swap: 128 * MIB }, pids: { limit: 5 } };
    expect(mergeResources(before, { memory: { limit: 32 * MIB, swap: 0 }, cpu: { cpus: "", shares: 512 } })).toEqual({
      memory: { limit: 32 * MIB, swap: 128 * MIB },
      cpu: { shares: 512 },
      pids: { limit: 5 },
    });
  });

  test("takes 0 where it says something", () =>
    expect(mergeResources({ memory: { swappiness: 60 } }, { memory: { swappiness: 0 } })).toEqual({
      memory: { swappiness: 0 },
    }));

  test("replaces lists", () => {
    const device = { major: 8, minor: 0, rate: 1000 };
    const before = { blockIO: { weight: 100, throttleReadBpsDevice: [device, { ...device, minor: 16 }] } };
    const change = { blockIO: { throttleReadBpsDevice: [{ ...device, rate: 2000 }] } };
    expect(mergeResources(before, change)).toEqual({ blockIO: { weight: 100, ...change.blockIO } });
  });
});

describe("inverse()", () => {
  test("names the limits of the change, as they were, or none", () =>
    expect(
      inverse(
        { memory: { limit: MIB, swap: 2 * MIB, reservation: 0 }, cpu: { cpus: "99", quota: 5000 } },
        { memory: { limit: 64 * MIB, reservation: MIB }, cpu: { cpus: "0" }, pids: { limit: 5 } },
      ),
    ).toEqual({ memory: { limit: 64 * MIB, swap: -1 }, cpu: { cpus: "0", quota: -1 } }));
});
