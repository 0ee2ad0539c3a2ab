import { describe, expect, test } from "vitest";
import { parseDeviceRule, translateLegacyFile } from "./legacy-files.ts";

describe("translateLegacyFile()", () => {
  test.each([
    ["memory.limit_in_bytes", "512M", { memory: { limit: 512 * 1024 * 1024 } }],
    ["memory.limit_in_bytes", "-1", { memory: { limit: -1 } }],
    ["memory.memsw.limit_in_bytes", "1g", { memory: { swap: 1024 ** 3 } }],
    ["cpu.shares", "512", { cpu: { shares: 512 } }],
    ["cpu.cfs_quota_us", "-1", { cpu: { quota: -1 } }],
    ["blkio.weight", "100", { blkio: { weight: 100 } }],
    [
      "blkio.throttle.read_bps_device",
      "8:16 1048576",
      { blkio: { throttleReadBpsDevice: [{ major: 8, minor: 16, rate: 1048576 }] } },
    ],
    ["hugetlb.2MB.limit_in_bytes", "4M", { hugetlb: [{ pageSize: "2MB", limit: 4 * 1024 * 1024 }] }],
  ])("reads %s %s", (file, value, resources) => expect(translateLegacyFile(file, value)).toEqual(resources));

  test.each(["cpuset.cpus", "memory.max", "toString"])("leaves %s alone", (file) => {
    expect(translateLegacyFile(file, "0")).toBeUndefined();
  });

  test.each([
    ["memory.limit_in_bytes", "much"],
    ["cpu.shares", "1.5"],
    ["blkio.throttle.read_bps_device", "8:16"],
  ])("refuses %s %s", (file, value) =>
    expect(() => translateLegacyFile(file, value)).toThrow(`Cannot read "${value}"`),
  );
});

describe("parseDeviceRule()", () => {
  test("reads numbers and stars", () => {
    expect(parseDeviceRule(true, "c 1:3 rwm")).toEqual({ allow: true, type: "c", major: 1, minor: 3, access: "rwm" });
    expect(parseDeviceRule(false, "b 8:* r")).toEqual({ allow: false, type: "b", major: 8, access: "r" });
    expect(parseDeviceRule(false, "a")).toEqual({ allow: false, type: "a" });
    expect(parseDeviceRule(false, "a *:* rwm")).toEqual({ allow: false, type: "a" });
  });
  test.each(["", "c", "c 1:3", "x 1:3 rwm", "c 1:3 rwx"])("refuses %j", (value) => {
    expect(() => parseDeviceRule(true, value)).toThrow(`Cannot read "${value}" as a device rule`);
  });
});
