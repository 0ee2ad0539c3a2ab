/** What every snapshotter does, as tests: each implementation calls it with a way to open one. */

import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describeTree } from "@eras/layers/tree-fixtures.ts";
import { lsetxattr } from "@eras/linux/xattr.ts";
import { AlreadyExists, FailedPrecondition, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { unixNano } from "../../proto/timestamps.ts";
import { mounted, ownMounts } from "./mount-fixtures.ts";
import type { Snapshotter } from "./snapshotter.ts";

/**
 * The suite.
 *
 * @param open - Opens a snapshotter in a directory, which need not exist; once more after a restart.
 * @param directory - Makes a directory on a file system that suits the snapshotter; whoever gives it removes it after the test.
 */
export function snapshotterSuite(name: string, open: (root: string) => Snapshotter, directory: () => string): void {
  let snapshotter: Snapshotter;
  let root: string;

  beforeAll(ownMounts);
  beforeEach(async () => {
    root = join(directory(), "root");
    snapshotter = open(root);
    onTestFinished(async () => {
      for await (const { name } of snapshotter.walk()) await removeWithChildren(snapshotter, name);
      await snapshotter.close();
    });
  });

  /** Commits what `change` does to a new snapshot on `parent`. */
  async function layer(name: string, parent: string | undefined, change: (root: string) => void): Promise<void> {
    await mounted(await snapshotter.prepare(`making ${name}`, parent), change);
    await snapshotter.commit(name, `making ${name}`);
  }

  const write = (path: string, content: string) => (at: string) => writeFileSync(join(at, path), content);
  const infos = async () => {
    const found: string[] = [];
    for await (const { kind, name, parent } of snapshotter.walk()) found.push(`${kind} ${name} on ${parent}`);
    return found;
  };

  describe(`${name}: trees`, () => {
    test("an active snapshot without a parent is an empty directory that can be written", async () => {
      const mounts = await snapshotter.prepare("a", undefined);
      await mounted(mounts, (at) => {
        expect(readdirSync(at)).toEqual([]);
        expect(lstatSync(at).mode & 0o7777).toBe(0o755);
        writeFileSync(join(at, "f"), "x");
      });
      await mounted(await snapshotter.mounts("a"), (at) => expect(readFileSync(join(at, "f"), "utf8")).toBe("x"));
    });

    test("children see their parent's files and change their own", async () => {
      await layer("base", undefined, (at) => {
        writeFileSync(join(at, "kept"), "1");
        writeFileSync(join(at, "changed"), "1");
        writeFileSync(join(at, "gone"), "1");
        mkdirSync(join(at, "tree/deep"), { recursive: true });
      });
      await layer("top", "base", (at) => {
        writeFileSync(join(at, "changed"), "2");
        rmSync(join(at, "gone"));
        rmSync(join(at, "tree"), { recursive: true });
        writeFileSync(join(at, "tree"), "a file now");
      });
      const twin = await snapshotter.prepare("twin", "base");
      await mounted(twin, (at) => {
        expect(readdirSync(at)).toEqual(["changed", "gone", "kept", "tree"]);
        expect(readFileSync(join(at, "changed"), "utf8")).toBe("1");
      });
      await mounted(await snapshotter.view("look", "top"), (at) => {
        expect(readdirSync(at)).toEqual(["changed", "kept", "tree"]);
        expect(readFileSync(join(at, "changed"), "utf8")).toBe("2");
        expect(readFileSync(join(at, "tree"), "utf8")).toBe("a file now");
      });
    });

    test("a stack may be high", async () => {
      await layer("0", undefined, write("0", ""));
      for (let i = 1; i < 12; i++) await layer(`${i}`, `${i - 1}`, write(`${i}`, ""));
      await mounted(await snapshotter.prepare("top", "11"), (at) => expect(readdirSync(at)).toHaveLength(12));
    });

    test.each(["base", "top"])("a view cannot be written: of %s", async (parent) => {
      await layer("base", undefined, write("f", ""));
      await layer("top", "base", write("g", ""));
      await mounted(await snapshotter.view("v", parent), (at) => {
        expect(() => writeFileSync(join(at, "f"), "")).toThrow("EROFS");
      });
    });

    test("a view of nothing is empty", async () => {
      await mounted(await snapshotter.view("v", undefined), (at) => {
        expect(readdirSync(at)).toEqual([]);
        expect(() => mkdirSync(join(at, "d"))).toThrow("EROFS");
      });
    });

    test("files keep their metadata, links and holes through a parent", async () => {
      await layer("base", undefined, (at) => {
        writeFileSync(join(at, "f"), "x".repeat(10_000));
        chownSync(join(at, "f"), 5, 6);
        chmodSync(join(at, "f"), 0o4711);
        lsetxattr(join(at, "f"), "user.note", Buffer.from([0, 1, 255]));
        linkSync(join(at, "f"), join(at, "second name"));
        symlinkSync("/nowhere", join(at, "link"));
        mkdirSync(join(at, "d"), { mode: 0o1700 });
        chownSync(at, 7, 8);
        chmodSync(at, 0o750);
      });
      const before = await mounted(await snapshotter.view("before", "base"), describeTree);
      await mounted(await snapshotter.prepare("after", "base"), (at) => {
        expect(describeTree(at).slice(1)).toEqual(before.slice(1)); // the root has another time
        expect(lstatSync(at)).toMatchObject({ uid: 7, gid: 8 });
      });
    });
  });

  describe(`${name}: records`, () => {
    test("stat() knows kind, parent, labels and times", async () => {
      const before = unixNano();
      await layer("base", undefined, () => {});
      await snapshotter.prepare("a", "base", { colour: "red" });
      const info = await snapshotter.stat("a");
      expect(info).toMatchObject({ kind: "active", name: "a", parent: "base", labels: { colour: "red" } });
      expect(info.created).toBeGreaterThanOrEqual(before);
      expect(info.updated).toEqual(info.created);
      expect(await snapshotter.stat("base")).not.toHaveProperty("parent");
    });

    test("commit() frees the key and does not keep the labels", async () => {
      await snapshotter.prepare("a", undefined, { colour: "red" });
      await snapshotter.commit("A", "a", { size: "big" });
      expect(await snapshotter.stat("A")).toMatchObject({ kind: "committed", labels: { size: "big" } });
      await expect(snapshotter.stat("a")).rejects.toThrow(NotFound);
      await snapshotter.prepare("a", "A");
    });

    test("update() replaces all labels, or those that are named", async () => {
      await snapshotter.prepare("a", undefined, { one: "1", two: "2" });
      const { created } = await snapshotter.stat("a");
      const some = await snapshotter.update("a", { one: "I", three: "3" }, ["labels.one", "labels.two"]);
      expect(some.labels).toEqual({ one: "I" });
      expect(some.created).toEqual(created);
      expect((await snapshotter.update("a", { four: "4" })).labels).toEqual({ four: "4" });
      await expect(snapshotter.update("a", {}, ["parent"])).rejects.toThrow(InvalidArgument);
      await expect(snapshotter.update("none", {})).rejects.toThrow(NotFound);
      expect((await snapshotter.stat("a")).labels).toEqual({ four: "4" });
    });

    test("walk() yields all in order, or those that a filter takes", async () => {
      await layer("b", undefined, () => {});
      await snapshotter.view("a", "b");
      await snapshotter.prepare("c", "b");
      expect(await infos()).toEqual(["view a on b", "committed b on undefined", "active c on b"]);
      const views: string[] = [];
      for await (const { name } of snapshotter.walk(["kind==view"])) views.push(name);
      expect(views).toEqual(["a"]);
    });

    test("all is there after a restart", async () => {
      await layer("base", undefined, write("f", "x"));
      const mounts = await snapshotter.prepare("a", "base", { colour: "red" });
      const [usage, known] = [await snapshotter.usage("base"), await infos()];
      await snapshotter.close();
      snapshotter = open(root);
      expect(await infos()).toEqual(known);
      expect(await snapshotter.mounts("a")).toEqual(mounts);
      expect(await snapshotter.usage("base")).toEqual(usage);
      expect((await snapshotter.prepare("b", "base"))[0]).not.toEqual(mounts[0]);
    });
  });

  describe(`${name}: usage`, () => {
    test("grows with what is written, counts a file once and not what is below", async () => {
      const megabyte = 2 ** 20;
      await layer("base", undefined, (at) => writeFileSync(join(at, "big"), Buffer.alloc(4 * megabyte, 1)));
      const mounts = await snapshotter.prepare("a", "base");
      const empty = await snapshotter.usage("a");
      await mounted(mounts, (at) => {
        writeFileSync(join(at, "f"), Buffer.alloc(megabyte, 1));
        linkSync(join(at, "f"), join(at, "g"));
      });
      const full = await snapshotter.usage("a");
      expect(full.inodes - empty.inodes).toBe(1);
      expect(full.sizeBytes - empty.sizeBytes).toBeGreaterThanOrEqual(megabyte);
      expect(full.sizeBytes - empty.sizeBytes).toBeLessThan(1.5 * megabyte);
    });

    test("of a committed one stays, of a view is nothing", async () => {
      await snapshotter.prepare("a", undefined);
      await mounted(await snapshotter.mounts("a"), write("f", "x".repeat(5000)));
      const active = await snapshotter.usage("a");
      await snapshotter.commit("A", "a");
      expect(await snapshotter.usage("A")).toEqual(active);
      await snapshotter.view("v", "A");
      expect(await snapshotter.usage("v")).toEqual({ inodes: 0, sizeBytes: 0 });
    });
  });

  describe(`${name}: refusals`, () => {
    beforeEach(async () => {
      await layer("base", undefined, () => {});
      await snapshotter.prepare("active", "base");
      await snapshotter.view("view", "base");
    });

    test("prepare() and view() want a free key and a committed parent", async () => {
      for (const make of ["prepare", "view"] as const) {
        await expect(snapshotter[make]("active", "base")).rejects.toThrow(AlreadyExists);
        await expect(snapshotter[make]("base", undefined)).rejects.toThrow(AlreadyExists);
        await expect(snapshotter[make]("new", "none")).rejects.toThrow(NotFound);
        await expect(snapshotter[make]("new", "active")).rejects.toThrow(InvalidArgument);
        await expect(snapshotter[make]("new", "view")).rejects.toThrow(InvalidArgument);
        await expect(snapshotter[make]("", undefined)).rejects.toThrow(InvalidArgument);
        await expect(snapshotter[make]("k".repeat(5000), undefined)).rejects.toThrow(InvalidArgument);
      }
      expect(await infos()).toHaveLength(3);
    });

    test("commit() wants an active snapshot and a free name", async () => {
      await expect(snapshotter.commit("base", "active")).rejects.toThrow(AlreadyExists);
      await expect(snapshotter.commit("view", "active")).rejects.toThrow(AlreadyExists);
      await expect(snapshotter.commit("new", "view")).rejects.toThrow(FailedPrecondition);
      await expect(snapshotter.commit("new", "base")).rejects.toThrow(FailedPrecondition);
      await expect(snapshotter.commit("new", "none")).rejects.toThrow(NotFound);
      await expect(snapshotter.commit("", "active")).rejects.toThrow(InvalidArgument);
      expect((await snapshotter.stat("active")).kind).toBe("active");
    });

    test("remove() wants a snapshot without children", async () => {
      await expect(snapshotter.remove("base")).rejects.toThrow(FailedPrecondition);
      await expect(snapshotter.remove("none")).rejects.toThrow(NotFound);
      for (const key of ["active", "view", "base"]) await snapshotter.remove(key);
      expect(await infos()).toEqual([]);
    });

    test("mounts() and usage() want a snapshot, mounts() one that is in use", async () => {
      await expect(snapshotter.mounts("base")).rejects.toThrow(FailedPrecondition);
      await expect(snapshotter.mounts("none")).rejects.toThrow(NotFound);
      await expect(snapshotter.usage("none")).rejects.toThrow(NotFound);
      await expect(snapshotter.stat("none")).rejects.toThrow(NotFound);
    });

    test("of many who want one key one gets it", async () => {
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => snapshotter.prepare("one", "base")));
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      await snapshotter.remove("one");
      const directories = readdirSync(join(root, "snapshots"));
      await snapshotter.cleanup();
      expect(readdirSync(join(root, "snapshots"))).toEqual(directories);
    });
  });

  describe(`${name}: what is left behind`, () => {
    test("remove() leaves no directory", async () => {
      await layer("base", undefined, write("f", ""));
      await snapshotter.prepare("a", "base");
      for (const key of ["a", "base"]) await snapshotter.remove(key);
      expect(readdirSync(join(root, "snapshots"))).toEqual([]);
    });

    test("cleanup() removes directories without a record, and their numbers are not given again", async () => {
      await layer("base", undefined, write("f", ""));
      await snapshotter.close();
      const left = join(root, "snapshots/41");
      mkdirSync(join(left, "fs/deep"), { recursive: true });
      snapshotter = open(root);
      await snapshotter.prepare("a", "base");
      await snapshotter.cleanup();
      expect(existsSync(left)).toBe(false);
      expect(readdirSync(join(root, "snapshots")).sort()).toEqual(["1", "42"]);
      await mounted(await snapshotter.mounts("a"), (at) => expect(readdirSync(at)).toEqual(["f"]));
    });
  });
}

/** Children first. */
async function removeWithChildren(snapshotter: Snapshotter, name: string): Promise<void> {
  const children: string[] = [];
  for await (const info of snapshotter.walk([`parent==${JSON.stringify(name)}`])) children.push(info.name);
  for (const child of children) await removeWithChildren(snapshotter, child);
  await snapshotter.remove(name).catch(() => {}); // gone already, as somebody's child
}
