import { execFileSync } from "node:child_process";
import { chownSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import type { CgroupPaths } from "./container-paths.ts";
import { openCgroup } from "./open.ts";

const NOBODY = 65_534;

describe("createWherePermitted()", () => {
  const parent = openCgroup(`/docker-eras-test-rootless-${process.pid}`);
  const below = (paths: CgroupPaths) =>
    Object.fromEntries(Object.entries(paths).map(([tree, dir]) => [tree, `${dir}/a`]));
  afterEach(() => parent.delete());

  /** Runs `script` as an ordinary user; it has `cgroup`, made where that user may. */
  function asNobody(script: string): unknown {
    const source = `
      import { createWherePermitted } from "${import.meta.dirname}/rootless.ts";
      process.setgid(${NOBODY});
      process.setuid(${NOBODY});
      const cgroup = createWherePermitted(${JSON.stringify(below(parent.paths))});
      ${script}`;
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", source], { encoding: "utf8" });
    return JSON.parse(output);
  }

  test("makes the cgroup in no tree where there is no permission, and it is a cgroup still", () => {
    parent.create();
    expect(
      asNobody("console.log(JSON.stringify(cgroup.paths)); cgroup.create(); cgroup.addProcess(process.pid);"),
    ).toEqual({});
    const limit =
      "try { cgroup.set({ memory: { limit: 1 } }) } catch (error) { console.log(JSON.stringify(error.message)) }";
    expect(asNobody(limit)).toMatch(/^Cannot use memory/);
  });

  test("makes it where somebody has given the user a tree", () => {
    parent.create();
    const [tree, dir] = Object.entries(parent.paths)[0]!;
    chownSync(dir, NOBODY, NOBODY);
    expect(asNobody("console.log(JSON.stringify(cgroup.paths));")).toEqual({ [tree]: `${dir}/a` });
  });
});
