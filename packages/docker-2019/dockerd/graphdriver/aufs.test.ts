import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chunksOf, collect, directory, file, tar, unpack } from "@eras/layers/archive-fixtures.ts";
import { kernelHasFilesystem } from "@eras/linux/mount-fd.ts";
import { InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Aufs, openAufs } from "./aufs.ts";
import { ownMounts, temporaryDirectory } from "./fixtures.ts";
import { openGraphDriver } from "./open.ts";
import { graphDriverSuite } from "./testsuite.ts";

const hasAufs = kernelHasFilesystem("aufs");

describe.skipIf(!hasAufs)(`aufs${hasAufs ? "" : " (skipped: the kernel has no aufs)"}`, () => {
  beforeAll(ownMounts);
  graphDriverSuite("aufs", openAufs, temporaryDirectory);
});

test.skipIf(hasAufs)("a kernel without aufs is told of in Docker's words, and nothing is made", () => {
  const root = temporaryDirectory();
  expect(() => openGraphDriver(root, "aufs")).toThrow(
    "error initializing graphdriver: driver not supported: the kernel has no aufs",
  );
  expect(readdirSync(root)).toEqual([]);
});

test("openAufs() refuses a path that can't be an option", () => {
  expect(() => openAufs(join(temporaryDirectory(), "a:b"))).toThrow(InvalidArgument);
});

/** Layers without mounts: what of the driver no kernel has a part in. */
describe("Aufs", () => {
  let home: string;
  let driver: Aufs;
  beforeEach(() => {
    home = join(temporaryDirectory(), "aufs");
    driver = new Aufs(home);
  });

  async function layer(id: string, parent: string | undefined, ...members: Buffer[]): Promise<void> {
    await driver.create(id, parent);
    await driver.apply(id, parent, chunksOf(tar(...members)));
  }

  test("the directories are Docker's: layers, diff, mnt", async () => {
    await driver.create("a");
    await driver.create("b", "a");
    await driver.createReadWrite("c", "b", {});
    expect(readdirSync(home).sort()).toEqual(["diff", "layers", "mnt"]);
    expect(["a", "b", "c"].map((id) => readFileSync(join(home, "layers", id), "utf8"))).toEqual(["", "a\n", "b\na\n"]);
    for (const part of ["diff", "mnt"]) expect(readdirSync(join(home, part)).sort()).toEqual(["a", "b", "c"]);
    expect(lstatSync(join(home, "diff/c")).mode & 0o7777).toBe(0o755);
    expect(driver.get("a")).toBe(join(home, "diff/a")); // with nothing below, there is nothing to mount
  });

  test("whiteouts on the disk are those of the tar, and it has them again", async () => {
    await layer("a", undefined, file("gone"), directory("d"), file("d/old"));
    await layer("b", "a", file(".wh.gone", ""), directory("d"), file("d/.wh..wh..opq", ""), file("d/new"));
    const names = ["d", "d/.wh..wh..opq", "d/new", ".wh.gone"].sort();
    expect(readdirSync(driver.layerDirectory("b"), { recursive: true }).sort()).toEqual(names);
    await driver.create("c", "a");
    await driver.apply("c", "a", driver.diff("b", "a"));
    const changes = [
      { kind: "A", path: "/d/new" },
      { kind: "D", path: "/d/old" },
      { kind: "D", path: "/gone" },
    ];
    for (const id of ["b", "c"]) expect(await driver.changes(id)).toEqual(changes);
  });

  test("a bottom layer has nothing to hide: its whiteouts are gone when it is applied", async () => {
    await layer("a", undefined, file("f"), file(".wh.g", ""));
    expect(readdirSync(driver.layerDirectory("a"))).toEqual(["f"]);
  });

  test("what aufs keeps in a container's layer for itself is no change, and goes into no image", async () => {
    await layer("a", undefined, file("f"));
    await driver.createReadWrite("b", "a", {});
    const rw = driver.layerDirectory("b");
    for (const name of [".wh..wh.orph", ".wh..wh.plnk"]) mkdirSync(join(rw, name));
    for (const name of [".wh..wh.aufs", ".wh.f", "written"]) writeFileSync(join(rw, name), "");
    expect(await driver.changes("b")).toEqual([
      { kind: "D", path: "/f" },
      { kind: "A", path: "/written" },
    ]);
    const copy = join(home, "copy");
    mkdirSync(copy);
    await unpack(await collect(driver.diff("b", "a")), copy, {
      whiteouts: "aufs",
      below: [driver.layerDirectory("a")],
    });
    expect(readdirSync(copy).sort()).toEqual([".wh.f", "written"]);
  });

  test("size() is of the layer's own files", async () => {
    await layer("a", undefined, file("f", "x".repeat(1000)));
    await layer("b", "a", file("g", "12345"));
    expect(await driver.size("b")).toBe(5);
  });

  test("127 directories make a union, and what was begun of one more is gone", async () => {
    await driver.create("0");
    for (let i = 1; i < 127; i++) await driver.create(`${i}`, `${i - 1}`);
    await expect(driver.create("127", "126")).rejects.toThrow("max depth exceeded");
    expect(existsSync(join(home, "diff/127"))).toBe(false);
  });

  test("a removed tree is gone without a trace, a half-made one too", async () => {
    await layer("a", undefined, file("f"));
    mkdirSync(join(home, "diff/b")); // as far as a daemon came that was killed in create()
    for (const id of ["a", "b", "nothing"]) await driver.remove(id);
    expect(readdirSync(home, { recursive: true }).sort()).toEqual(["diff", "layers", "mnt"]);
  });

  test("what isn't there is not found, and what can't be had is refused", async () => {
    expect(() => driver.get("nothing")).toThrow(NotFound);
    await expect(driver.create("b", "nothing")).rejects.toThrow(NotFound);
    await expect(driver.createReadWrite("b", undefined, { size: "1G" })).rejects.toThrow(InvalidArgument);
    expect(driver.ids()).toEqual([]);
  });
});
