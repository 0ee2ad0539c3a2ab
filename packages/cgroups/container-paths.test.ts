import { describe, expect, test } from "vitest";
import { containerCgroupPaths } from "./container-paths.ts";
import type { CgroupMounts } from "./detect.ts";
import { cgroupsOfProcess, parseProcessCgroups } from "./process-cgroups.ts";

const V1: CgroupMounts = {
  v1: new Map([
    ["devices", "/cg/devices"],
    ["memory", "/cg/memory"],
    ["misc", "/cg/misc"],
  ]),
  named: new Map([["name=systemd", "/cg/systemd"]]),
  roots: new Map([
    ["/cg/devices", "/"],
    ["/cg/memory", "/"],
    ["/cg/misc", "/"],
    ["/cg/systemd", "/"],
  ]),
};
const HYBRID: CgroupMounts = { ...V1, v2: "/cg/unified" };
const V2: CgroupMounts = { v1: new Map(), named: new Map(), roots: new Map([["/cg", "/"]]), v2: "/cg" };

describe("containerCgroupPaths()", () => {
  test("takes an absolute path from the mount point of each tree that runc knows", () => {
    expect(containerCgroupPaths("/docker/web", "web", HYBRID)).toEqual({
      devices: "/cg/devices/docker/web",
      memory: "/cg/memory/docker/web",
      "name=systemd": "/cg/systemd/docker/web",
      "": "/cg/unified/docker/web",
    });
    expect(containerCgroupPaths("/docker/web", "web", V2)).toEqual({ "": "/cg/docker/web" });
  });

  test("takes a relative path, and the ID in its place, from the runtime's own cgroups", () => {
    const own = cgroupsOfProcess("self").get("memory") ?? "/";
    const expected = `/cg/memory${own === "/" ? "" : own}/web`;
    expect(containerCgroupPaths("web", "id", V1).memory).toBe(expected);
    expect(containerCgroupPaths(undefined, "web", V1).memory).toBe(expected);
    expect(containerCgroupPaths("", "web", V1).memory).toBe(expected);
  });

  test("doesn't leave where the path is taken from", () => {
    expect(containerCgroupPaths("/../../etc/./web/", "web", V1).memory).toBe("/cg/memory/etc/web");
    expect(containerCgroupPaths("../../web", "web", V1)).toEqual(containerCgroupPaths("web", "web", V1));
  });

  test.each(["/", "/..", "."])("refuses the root: %s", (path) =>
    expect(() => containerCgroupPaths(path, "web", V1)).toThrow('Cannot use "'),
  );

  test("refuses a host that can't guard devices", () => {
    const mounts = { ...V1, v1: new Map([["memory", "/cg/memory"]]) };
    expect(() => containerCgroupPaths("/web", "web", mounts)).toThrow("the devices controller is not mounted");
  });
});

test("parseProcessCgroups() reads controllers, names, and v2's", () => {
  const text = "9:name=systemd:/a\n4:cpu,cpuacct:/b:c\n0::/d\n";
  expect([...parseProcessCgroups(text)]).toEqual([
    ["name=systemd", "/a"],
    ["cpu", "/b:c"],
    ["cpuacct", "/b:c"],
    ["", "/d"],
  ]);
});
