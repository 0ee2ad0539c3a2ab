import { execFileSync } from "node:child_process";
import { openCgroup } from "@eras/cgroups/open.ts";
import { cgroupsOfProcess } from "@eras/cgroups/process-cgroups.ts";
import { describe, expect, onTestFinished, test } from "vitest";

/** A child that does what our process must not, and tells what came of it. */
function inChild(source: string): string {
  return execFileSync(process.execPath, ["--input-type=module", "-e", source], { encoding: "utf8" });
}

const join = (path: string) => `
  import { readFileSync } from "node:fs";
  import { joinCgroup } from "${import.meta.dirname}/own-cgroup.ts";
  try { joinCgroup("${path}"); process.stdout.write(readFileSync("/proc/self/cgroup")); } catch (error) { console.log(error.message) }`;

describe("joinCgroup()", () => {
  const path = `/docker-eras-test-shim-${process.pid}`;

  test("goes into a cgroup that is there, wherever it is", () => {
    const cgroup = openCgroup(path);
    onTestFinished(() => cgroup.delete());
    cgroup.create();
    const told = inChild(join(path));
    for (const tree of Object.keys(cgroup.paths)) expect(told).toMatch(new RegExp(`:${tree}:${path}$`, "m"));
    expect(inChild(join(path.slice(1)))).toContain(path);
    expect([...cgroupsOfProcess("self").values()]).not.toContain(path);
  });

  test("makes none", () => {
    expect(inChild(join(path))).toBe(`failed to load cgroup ${path}: there is none: not found\n`);
    expect(openCgroup(path).exists()).toBe(false);
  });
});
