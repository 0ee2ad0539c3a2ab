/** What every graph driver does, as tests: each implementation calls it with a way to open one. */
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
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { collect, directory, file, symlink, tar } from "@eras/layers/archive-fixtures.ts";
import { describeTree } from "@eras/layers/tree-fixtures.ts";
import { InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { GraphDriver } from "./driver.ts";
import { ownMounts } from "./fixtures.ts";

/**
 * The suite.
 *
 * @param open - Opens a driver in a directory, which need not exist; once more after a restart.
 * @param directory - Makes a directory on a file system that suits the driver; whoever gives it removes it after the test.
 */
export function graphDriverSuite(name: string, open: (home: string) => GraphDriver, newDirectory: () => string): void {
  let driver: GraphDriver;
  let home: string;

  beforeAll(ownMounts);
  beforeEach(() => {
    home = join(newDirectory(), "home");
    driver = open(home);
  });

  /** What is seen of a tree while it is shown. */
  function seen<T>(id: string, look: (root: string) => T): T {
    try {
      return look(driver.get(id));
    } finally {
      driver.put(id);
    }
  }

  /** A layer as it is made of a tar: created, and applied. */
  async function layer(id: string, parent: string | undefined, ...members: Buffer[]): Promise<void> {
    await driver.create(id, parent);
    await driver.apply(id, parent, piecesOf(tar(...members)));
  }

  const changesOf = async (id: string, parent: string) =>
    (await driver.changes(id, parent)).map(({ kind, path }) => `${kind} ${path}`);

  describe(`${name}: trees`, () => {
    test("a tree without a parent is an empty directory of mode 0755", async () => {
      await driver.create("a");
      expect(driver.exists("a")).toBe(true);
      expect(driver.ids()).toEqual(["a"]);
      seen("a", (root) => {
        expect(readdirSync(root)).toEqual([]);
        expect(statSync(root).mode & 0o7777).toBe(0o755);
      });
    });

    test("a tree is at first as its parent, and changes of it leave the parent alone", async () => {
      await layer("a", undefined, directory("d"), file("d/one", "1"), file("two", "2"));
      await driver.createReadWrite("b", "a", {});
      seen("b", (root) => {
        expect(readFileSync(join(root, "d/one"), "utf8")).toBe("1");
        rmSync(join(root, "d"), { recursive: true });
        writeFileSync(join(root, "two"), "changed");
      });
      expect(seen("b", (root) => readdirSync(root))).toEqual(["two"]);
      expect(seen("a", (root) => readFileSync(join(root, "two"), "utf8"))).toBe("2");
    });

    test("owners, modes, links and the mode of the root go from layer to layer", async () => {
      await driver.create("a");
      seen("a", (root) => {
        writeFileSync(join(root, "file"), "content");
        chownSync(join(root, "file"), 12, 34);
        chmodSync(join(root, "file"), 0o4711);
        linkSync(join(root, "file"), join(root, "second name"));
        symlinkSync("/nowhere", join(root, "link"));
        chmodSync(root, 0o711);
      });
      await driver.create("b");
      await driver.apply("b", undefined, driver.diff("a", undefined));
      expect(seen("b", describeTree)).toEqual(seen("a", describeTree));
      expect(seen("b", (root) => lstatSync(join(root, "file")).nlink)).toBe(2);
      expect(seen("b", (root) => statSync(root).mode & 0o7777)).toBe(0o711);
    });

    test("get() is counted: what two use is there until both have put it back", async () => {
      await layer("a", undefined, file("f"));
      await driver.createReadWrite("b", "a", {});
      const root = driver.get("b");
      expect(driver.get("b")).toBe(root);
      driver.put("b");
      expect(readdirSync(root)).toEqual(["f"]);
      driver.put("b");
    });

    test("a restart finds the trees, and what is still mounted", async () => {
      await layer("a", undefined, file("f"));
      await driver.createReadWrite("b", "a", {});
      writeFileSync(join(driver.get("b"), "written"), "");
      driver = open(home);
      expect(seen("b", (root) => readdirSync(root).sort())).toEqual(["f", "written"]);
      expect(driver.ids().sort()).toEqual(["a", "b"]);
    });

    test("125 layers show as one tree", async () => {
      let below: string | undefined;
      for (let i = 0; i < 125; i++) {
        await layer(id(i), below, file(`file-${i}`, `${i}`));
        below = id(i);
      }
      seen(id(124), (root) => expect(readdirSync(root)).toHaveLength(125));

      function id(i: number): string {
        return `${i}`.padStart(64, "0"); // as long as they are in practice
      }
    });
  });

  describe(`${name}: layers`, () => {
    test("a layer's whiteouts hide what is below, and its diff has them again", async () => {
      await layer(
        "a",
        undefined,
        directory("d"),
        file("d/one"),
        file("d/two"),
        directory("o"),
        file("o/old"),
        file("f"),
      );
      await layer(
        "b",
        "a",
        directory("d"),
        file("d/.wh.one", ""),
        file(".wh.f", ""),
        directory("o"),
        file("o/.wh..wh..opq", ""),
        file("o/new"),
      );
      const tree = ["d/", "d/two", "o/", "o/new"];
      expect(seen("b", names)).toEqual(tree);
      await driver.create("c", "a");
      await driver.apply("c", "a", driver.diff("b", "a"));
      expect(seen("c", names)).toEqual(tree);
    });

    test("changes() tells what was added, changed and deleted", async () => {
      await layer("a", undefined, directory("d"), file("d/gone"), file("d/kept"), file("changed", "before"));
      await driver.createReadWrite("b", "a", {});
      seen("b", (root) => {
        rmSync(join(root, "d/gone"));
        writeFileSync(join(root, "changed"), "after, and longer");
        mkdirSync(join(root, "new"));
        writeFileSync(join(root, "new/file"), "");
      });
      const changes = (await changesOf("b", "a")).filter((line) => line !== "C /d"); // its time: not each driver counts that
      expect(changes.sort()).toEqual(["A /new", "A /new/file", "C /changed", "D /d/gone"]);
    });

    test("size() is what the layer adds, a file with two names once", async () => {
      await layer("a", undefined, file("large", "x".repeat(10_000)));
      await driver.createReadWrite("b", "a", {});
      seen("b", (root) => {
        writeFileSync(join(root, "one"), "12345");
        linkSync(join(root, "one"), join(root, "two"));
      });
      expect(await driver.size("b", "a")).toBe(5);
      expect(await driver.size("a", undefined)).toBe(10_000);
    });

    test("layerDirectory() has the files that the layer brought", async () => {
      await layer("a", undefined, file("below"));
      await layer("b", "a", file("brought", "bytes"));
      expect(readFileSync(join(driver.layerDirectory("b"), "brought"), "utf8")).toBe("bytes");
    });

    test("a hostile layer leaves nothing outside the tree", async () => {
      await driver.create("a");
      const outside = join(home, "escaped");
      await expect(
        driver.apply("a", undefined, piecesOf(tar(symlink("out", home), file("out/escaped")))),
      ).rejects.toThrow();
      expect(existsSync(outside)).toBe(false);
      await driver.remove("a");
      expect(driver.ids()).toEqual([]);
    });
  });

  describe(`${name}: ends`, () => {
    test("a removed tree is gone without a trace, a mounted one too, and once more is no failure", async () => {
      await layer("a", undefined, file("f"));
      const before = filesIn(home);
      await driver.createReadWrite("b", "a", {});
      driver.get("b");
      await driver.remove("b");
      await driver.remove("b");
      expect(driver.exists("b")).toBe(false);
      expect(filesIn(home).filter((path) => !path.endsWith("committed"))).toEqual(before);
    });

    test("what isn't there is not found, and what can't be had is refused", async () => {
      expect(() => driver.get("nothing")).toThrow(NotFound);
      await expect(driver.create("b", "nothing")).rejects.toThrow(NotFound);
      await expect(driver.createReadWrite("b", undefined, { size: "1G" })).rejects.toThrow(InvalidArgument);
      expect(driver.ids()).toEqual([]);
    });

    test("diff() of a layer is a tar that ends as one", async () => {
      await layer("a", undefined, file("f"));
      const archive = await collect(driver.diff("a", undefined));
      expect(archive.length % 512).toBe(0);
      expect(archive.subarray(-1024).every((byte) => byte === 0)).toBe(true);
    });
  });
}

async function* piecesOf(archive: Buffer): AsyncGenerator<Buffer> {
  yield archive;
}

/** `d/`, `d/file` */
function names(root: string): string[] {
  return filesIn(root).map((path) => (statSync(join(root, path)).isDirectory() ? `${path}/` : path));
}

function filesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
}
