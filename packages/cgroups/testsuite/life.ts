/** create() and delete(): a cgroup stays as long as somebody is in it, and goes with all that was made for it. */
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openCgroupAt } from "../open.ts";
import { type CgroupSuite, exitCode } from "./suite.ts";

/** Declares the tests. */
export function lifeTests(suite: CgroupSuite): void {
  const { name, open } = suite;

  describe(`${name}: create(), delete()`, () => {
    test("makes a directory in every tree and removes it", async () => {
      expect(suite.directories(suite.cgroup.path).map((dir) => existsSync(dir))).not.toContain(false);
      expect(suite.cgroup.exists()).toBe(true);
      await suite.cgroup.delete();
      expect(suite.directories(suite.cgroup.path).map((dir) => existsSync(dir))).not.toContain(true);
      expect(suite.cgroup.exists()).toBe(false);
    });

    test("keeps a cgroup that exists", () => expect(() => suite.cgroup.create()).not.toThrow());

    test("has nothing against deleting twice", async () => {
      await suite.cgroup.delete();
      await suite.cgroup.delete();
    });

    test("removes children with it", async () => {
      open(`${suite.cgroup.path}/child/grandchild`).create();
      await suite.cgroup.delete();
      expect(suite.cgroup.exists()).toBe(false);
    });

    test("removes the ancestors that it needed with the last of their children", async () => {
      const [a, b] = [open(`${suite.cgroup.path}/x/y/a`), open(`${suite.cgroup.path}/x/b`)];
      a.create();
      b.create();
      await a.delete();
      expect([open(`${suite.cgroup.path}/x/y`).exists(), b.exists()]).toEqual([false, true]);
      await b.delete();
      expect([open(`${suite.cgroup.path}/x`).exists(), suite.cgroup.exists()]).toEqual([false, true]);
    });

    test("keeps an ancestor that was somebody's before, or has become it", async () => {
      const [mine, below] = [open(`${suite.cgroup.path}/x`), open(`${suite.cgroup.path}/x/below`)];
      below.create();
      mine.create();
      await below.delete();
      expect(mine.exists()).toBe(true);
      below.create();
      await below.delete();
      expect(mine.exists()).toBe(true);
    });

    test("works while siblings come and go, and leaves no ancestor", async () => {
      const paths = ["a", "b", "c"].map((name) => `${suite.cgroup.path}/x/y/${name}`);
      const comeAndGo = "for (let i = 0; i < 60; i++) { cgroup.create(); await cgroup.delete(); }";
      const children = paths.map((path) => suite.startNode(comeAndGo, path));
      expect(await Promise.all(children.map(exitCode))).toEqual([0, 0, 0]);
      expect(open(`${suite.cgroup.path}/x`).exists()).toBe(false);
    });

    test("finds it again by what `paths` said", async () => {
      const again = openCgroupAt(suite.cgroup.paths);
      const child = suite.startInside("exec sleep 1000");
      expect(again.pids()).toEqual([child.pid]);
      expect(again.paths).toEqual(suite.cgroup.paths);
      await again.killAll();
      await again.delete();
      expect(suite.cgroup.exists()).toBe(false);
    });

    test("waits for a process that is ending", async () => {
      const child = suite.startInside("exec sleep 1000");
      setTimeout(() => child.kill("SIGKILL"), 50);
      await suite.cgroup.delete();
      expect(suite.cgroup.exists()).toBe(false);
    });

    test("names the processes that are in the way", async () => {
      const child = suite.startInside("exec sleep 1000");
      await expect(suite.cgroup.delete()).rejects.toThrow(`it holds the processes ${child.pid}`);
    });
  });
}
