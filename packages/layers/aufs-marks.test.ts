/**
 * No kernel at hand has aufs, so a genuine branch can't be had: these are made as aufs's manual says. diff.test.ts translates what
 * overlayfs made, and holds that the same changes are found.
 */
import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makedev, mknod, S_IFCHR } from "@eras/linux/mknod.ts";
import { describe, expect, test } from "vitest";
import { apply } from "./apply.ts";
import { archiveLayer } from "./archive.ts";
import { collect, directory, file, link, tar, unpack } from "./archive-fixtures.ts";
import { changes } from "./diff.ts";
import { describeTree, pathsIn, temporaryDirectory } from "./tree-fixtures.ts";

const aufs = { whiteouts: "aufs" } as const;

/** A directory with these files; a name that ends with a slash is a directory. */
function tree(files: Record<string, string>): string {
  const root = temporaryDirectory();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path.endsWith("/") ? path : join(path, "..")), { recursive: true });
    if (!path.endsWith("/")) writeFileSync(join(root, path), content);
  }
  return root;
}

/** A writable branch as aufs leaves it: whiteouts are hard links of one file, and there is book-keeping. */
function branch(files: Record<string, string>, ...whiteouts: string[]): string {
  const root = tree({ ".wh..wh.orph/": "", ".wh..wh.plnk/": "", ...files });
  writeFileSync(join(root, ".wh..wh.aufs"), "", { mode: 0o444 });
  for (const path of whiteouts) linkSync(join(root, ".wh..wh.aufs"), join(root, path));
  return root;
}

async function diff(upper: string, ...lowers: string[]): Promise<string[]> {
  return (await changes(upper, lowers, "aufs")).map(({ kind, path }) => `${kind} ${path}`);
}

async function namesIn(layer: string): Promise<string[]> {
  const archive = await collect(archiveLayer(layer, "aufs"));
  return execFileSync("tar", ["-tf", "-"], { input: archive, encoding: "utf8" }).trimEnd().split("\n");
}

describe("apply() with whiteouts: aufs", () => {
  test("leaves aufs's whiteouts and opaque markers", async () => {
    const root = temporaryDirectory();
    await unpack(tar(file("etc/.wh.a", ""), directory("d"), file("d/.wh..wh..opq", ""), file("d/f")), root, aufs);
    expect(pathsIn(root)).toEqual(["d", "d/.wh..wh..opq", "d/f", "etc", "etc/.wh.a"]);
    expect(statSync(join(root, "etc/.wh.a"))).toMatchObject({ size: 0, mode: 0o100444 });
  });

  test("leaves one of the two where a layer deletes a name and makes it", async () => {
    const root = temporaryDirectory();
    const archive = tar(
      ...[file(".wh.a", ""), directory("a"), directory("b"), file(".wh.b", ""), file(".wh.c", ""), file("c/f")],
      ...[file(".wh.x", ""), file("x"), file("y"), file(".wh.y", "")],
    );
    await unpack(archive, root, aufs);
    const opaque = ["a", "a/.wh..wh..opq", "b", "b/.wh..wh..opq", "c", "c/.wh..wh..opq", "c/f"];
    expect(pathsIn(root)).toEqual([...opaque, "x", "y"]);
  });

  test("drops the book-keeping of the archive", async () => {
    const root = temporaryDirectory();
    const plink = ".wh..wh.plnk/17.17";
    await unpack(tar(file(".wh..wh.aufs", ""), directory(".wh..wh.plnk"), file(plink), link("a", plink)), root, aufs);
    expect(pathsIn(root)).toEqual(["a"]);
  });
});

describe("changes() of an aufs branch", () => {
  const base = () =>
    tree({ "etc/passwd": "root", "etc/group": "wheel", "usr/bin/sh": "#!", "opt/a/f": "f", "opt/g": "g", hello: "hi" });

  test("is empty for a new container", async () => {
    expect(await diff(branch({}), base())).toEqual([]);
  });

  test("tells added, changed and deleted files", async () => {
    const upper = branch({ "etc/passwd": "root2", added: "" }, "etc/.wh.group", ".wh.hello", ".wh.usr", ".wh.never");
    const lower = base();
    execFileSync("touch", ["-r", join(lower, "etc"), join(upper, "etc")]);
    expect(await diff(upper, lower)).toEqual(["A /added", "D /etc/group", "C /etc/passwd", "D /hello", "D /usr"]);
  });

  test("lists what an opaque directory hides", async () => {
    const upper = branch({ "etc/passwd": "root", "etc/.wh..wh..opq": "" });
    expect(await diff(upper, base())).toEqual(["C /etc", "D /etc/group", "C /etc/passwd"]);
  });

  test("knows what the layers below delete themselves, by whiteouts and opaque directories", async () => {
    const top = tree({ "etc/.wh.group": "", "opt/.wh..wh..opq": "", "opt/new": "" });
    const upper = branch({ "etc/group": "again", "opt/.wh..wh..opq": "", hello: "hi" }, ".wh.usr");
    const lowers = [top, base()];
    for (const path of ["etc", "opt"]) execFileSync("touch", ["-r", join(top, path), join(upper, path)]);
    execFileSync("touch", ["-r", join(lowers[1]!, "hello"), join(upper, "hello")]);
    expect(await diff(upper, ...lowers)).toEqual(["A /etc/group", "D /opt/new", "D /usr"]);
  });

  test("takes overlay's marks for what they are to aufs: devices", async () => {
    const upper = branch({});
    mknod(join(upper, "hello"), S_IFCHR, makedev(0, 0));
    expect(await diff(upper, base())).toEqual(["C /hello"]);
  });
});

describe("archiveLayer() of an aufs branch", () => {
  test("keeps the marks, without aufs's book-keeping", async () => {
    const upper = branch({ "d/.wh..wh..opq": "", "d/f": "", "etc/.wh..wh.tmp.0001/x": "" }, "etc/.wh.gone");
    expect(await namesIn(upper)).toEqual(["./", "d/", "d/.wh..wh..opq", "d/f", "etc/", "etc/.wh.gone"]);
  });

  test("applied again, is the same layer", async () => {
    const upper = branch({ "d/.wh..wh..opq": "", "d/f": "f" }, "d/.wh.gone", ".wh.hello");
    const archive = await collect(archiveLayer(upper, "aufs"));
    const copy = temporaryDirectory();
    await unpack(archive, copy, aufs);
    expect((await collect(archiveLayer(copy, "aufs"))).equals(archive)).toBe(true);
  });

  test("says the same as overlay's marks: an archive takes the way over either", async () => {
    const archive = tar(
      file("etc/.wh.a", ""),
      directory("d"),
      file("d/.wh..wh..opq", ""),
      file("d/f"),
      file("e/.wh.g"),
    );
    const [overlayLayer, aufsLayer] = [temporaryDirectory(), temporaryDirectory()];
    await unpack(archive, overlayLayer, { whiteouts: "overlay" });
    await unpack(archive, aufsLayer, aufs);
    const flattened = [archiveLayer(overlayLayer, "overlay"), archiveLayer(aufsLayer, "aufs")].map(async (layer) => {
      const root = tree({ "etc/a": "", "d/old": "", "e/g": "", kept: "" });
      rmSync(join(root, "kept"));
      await apply(layer, root, { whiteouts: "delete" });
      return describeTree(root).map((line) => line.replace(/ \d+ \{/, " {")); // implicit directories bear the time of their making
    });
    expect(await flattened[1]).toEqual(await flattened[0]);
  });
});
