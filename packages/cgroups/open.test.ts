import { describe, expect, test } from "vitest";
import { openCgroup } from "./open.ts";

describe("openCgroup()", () => {
  test("opens without creating", () => expect(openCgroup("/docker-eras-test-open").exists()).toBe(false));

  test.each(["", "/", "a/b", "/a//b", "/a/", "/../a", "/a/./b", "/a\0b"])("refuses %j", (path) => {
    expect(() => openCgroup(path)).toThrow(`Cannot use "${path}" as a cgroup`);
  });

  test("works on this machine", async () => {
    const cgroup = openCgroup(`/docker-eras-test-open-${process.pid}`);
    cgroup.create();
    expect(cgroup.exists()).toBe(true);
    await cgroup.delete();
    expect(cgroup.exists()).toBe(false);
  });
});
