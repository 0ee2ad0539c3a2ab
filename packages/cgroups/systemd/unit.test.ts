import { describe, expect, test } from "vitest";
import { slicePath, systemdUnit, unitCgroupPaths } from "./unit.ts";

describe("systemdUnit()", () => {
  test.each([
    ["machine-web.slice:docker:3f2a", { name: "docker-3f2a.scope", slice: "machine-web.slice", container: "3f2a" }],
    [":docker:3f2a", { name: "docker-3f2a.scope", slice: "system.slice", container: "3f2a" }],
    ["a.slice::b.slice", { name: "b.slice", slice: "a.slice", container: "b.slice" }],
    [undefined, { name: "runc-web.scope", slice: "system.slice", container: "web" }],
  ])("reads %s", (cgroupsPath, unit) => expect(systemdUnit(cgroupsPath, "web")).toEqual(unit));

  test.each(["/docker/web", "a:b", "a:b:c:d"])("refuses %s", (cgroupsPath) => {
    const words = 'expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got';
    expect(() => systemdUnit(cgroupsPath, "web")).toThrow(`${words} "${cgroupsPath}" instead`);
  });
});

describe("slicePath()", () => {
  test.each([
    ["-.slice", "/"],
    ["system.slice", "/system.slice"],
    ["a-b-c.slice", "/a.slice/a-b.slice/a-b-c.slice"],
  ])("expands %s", (slice, path) => expect(slicePath(slice)).toBe(path));

  test.each(["system", ".slice", "a--b.slice", "-a.slice", "a/b.slice"])("refuses %s", (slice) =>
    expect(() => slicePath(slice)).toThrow(`invalid slice name: ${slice}`),
  );
});

test("unitCgroupPaths() puts a unit below its slice, in every tree", () => {
  const unit = { name: "docker-1.scope", slice: "a-b.slice" };
  const path = "/a.slice/a-b.slice/docker-1.scope";
  const v2 = { v1: new Map(), named: new Map(), roots: new Map([["/cg", "/"]]), v2: "/cg" };
  expect(unitCgroupPaths(unit, "/", v2)).toEqual({ "": `/cg${path}` });
  expect(unitCgroupPaths(unit, "/user.slice/user@1.service", v2)).toEqual({
    "": `/cg/user.slice/user@1.service${path}`,
  });
  const v1 = { v1: new Map([["devices", "/cg/devices"]]), named: new Map(), roots: new Map([["/cg/devices", "/"]]) };
  expect(unitCgroupPaths(unit, "/", v1)).toEqual({ devices: `/cg/devices${path}` });
});
