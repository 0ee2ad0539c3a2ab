import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mount, umount } from "@eras/linux/mount.ts";
import { describe, expect, onTestFinished, test } from "vitest";
import { apply } from "./apply.ts";
import { archiveLayer, archiveTree } from "./archive.ts";
import { changes } from "./diff.ts";
import { describeTree, temporaryDirectory } from "./tree-fixtures.ts";

interface Overlay {
  readonly root: string;
  readonly upper: string;
  readonly lowers: string[];
}

/** A mounted overlay over two layers; the upper one deletes a file and makes a directory anew. */
function mountOverlay(): Overlay {
  const world = temporaryDirectory();
  const at = (path: string) => join(world, path);
  for (const name of ["base", "top", "upper", "work", "root"]) mkdirSync(at(name));
  writeTree(at("base"), {
    "etc/passwd": "root",
    "etc/group": "wheel",
    "usr/bin/sh": "#!",
    "opt/a/f": "f",
    "opt/g": "g",
    hello: "hi",
  });
  writeTree(at("top"), { "etc/hosts": "localhost" });
  const overlay = (lowers: string, upper: string, target: string) => {
    rmSync(at("work"), { recursive: true });
    mkdirSync(at("work"));
    mount(
      "overlay",
      at(target),
      "overlay",
      0,
      `lowerdir=${lowers},upperdir=${at(upper)},workdir=${at("work")},redirect_dir=off,metacopy=off`,
    );
  };
  overlay(at("base"), "top", "root");
  rmSync(join(at("root"), "etc/group"));
  rmSync(join(at("root"), "opt"), { recursive: true });
  writeTree(at("root"), { "opt/new": "new" });
  umount(at("root"));
  overlay(`${at("top")}:${at("base")}`, "upper", "root");
  onTestFinished(() => umount(at("root")));
  return { root: at("root"), upper: at("upper"), lowers: [at("top"), at("base")] };
}

function writeTree(root: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

async function diff({ upper, lowers }: Overlay): Promise<string[]> {
  return (await changes(upper, lowers, "overlay")).map(({ kind, path }) => `${kind} ${path}`);
}

describe("changes()", () => {
  test("is empty for a new container", async () => {
    expect(await diff(mountOverlay())).toEqual([]);
  });

  test("tells added, changed and deleted files", async () => {
    const overlay = mountOverlay();
    writeFileSync(join(overlay.root, "etc/passwd"), "root2");
    writeFileSync(join(overlay.root, "added"), "");
    rmSync(join(overlay.root, "hello"));
    expect(await diff(overlay)).toEqual(["A /added", "C /etc/passwd", "D /hello"]);
  });

  test("sees a changed directory by its time, and one that is only on the way not", async () => {
    const overlay = mountOverlay();
    writeFileSync(join(overlay.root, "usr/bin/sh"), "#!/changed");
    writeFileSync(join(overlay.root, "etc/new"), "");
    expect(await diff(overlay)).toEqual(["C /etc", "A /etc/new", "C /usr/bin/sh"]);
  });

  test("leaves out what was only opened for writing", async () => {
    const overlay = mountOverlay();
    closeSync(openSync(join(overlay.root, "etc/passwd"), "r+"));
    expect(existsSync(join(overlay.upper, "etc/passwd"))).toBe(true);
    expect(await diff(overlay)).toEqual([]);
  });

  test("notices other bytes of the same size and time", async () => {
    const overlay = mountOverlay();
    execFileSync(
      "sh",
      ["-c", "cp -p hello /tmp/$$ && echo ho | head -c 2 > hello && touch -r /tmp/$$ hello; rm /tmp/$$"],
      { cwd: overlay.root },
    );
    expect(await diff(overlay)).toEqual(["C /hello"]);
  });

  test("notices a new mode, owner, attribute or link target", async () => {
    const overlay = mountOverlay();
    execFileSync("chmod", ["600", join(overlay.root, "etc/passwd")]);
    execFileSync("chown", ["7:7", join(overlay.root, "etc/hosts")]);
    expect(await diff(overlay)).toEqual(["C /etc/hosts", "C /etc/passwd"]);
  });

  test("lists a deleted tree once, and one made anew by what it lacks", async () => {
    const overlay = mountOverlay();
    rmSync(join(overlay.root, "usr"), { recursive: true });
    rmSync(join(overlay.root, "etc"), { recursive: true });
    writeTree(overlay.root, { "etc/passwd": "anew" });
    expect(await diff(overlay)).toEqual(["C /etc", "D /etc/hosts", "C /etc/passwd", "D /usr"]);
  });

  test("knows what the layers below delete themselves", async () => {
    const overlay = mountOverlay();
    writeTree(overlay.root, { "etc/group": "again", "opt/a/f": "again" });
    expect(await diff(overlay)).toEqual(["C /etc", "A /etc/group", "C /opt", "A /opt/a", "A /opt/a/f"]);
    rmSync(join(overlay.root, "opt"), { recursive: true });
    expect(await diff(overlay)).toEqual(["C /etc", "A /etc/group", "D /opt"]);
  });

  test("tells a file that became a directory, and the reverse", async () => {
    const overlay = mountOverlay();
    rmSync(join(overlay.root, "hello"));
    writeTree(overlay.root, { "hello/f": "" });
    rmSync(join(overlay.root, "usr"), { recursive: true });
    symlinkSync("opt", join(overlay.root, "usr"));
    expect(await diff(overlay)).toEqual(["C /hello", "A /hello/f", "C /usr"]);
  });

  test("is not led outside by a link in the container", async () => {
    const overlay = mountOverlay();
    symlinkSync("/etc", join(overlay.root, "host"));
    expect(await diff(overlay)).toEqual(["A /host"]);
  });
});

describe("changes() of the same container in aufs's notation", () => {
  async function inAufs(layer: string): Promise<string> {
    const copy = temporaryDirectory();
    await apply(archiveLayer(layer, "overlay"), copy, { whiteouts: "aufs" });
    return copy;
  }

  test("are the same", async () => {
    const overlay = mountOverlay();
    rmSync(join(overlay.root, "etc"), { recursive: true });
    writeTree(overlay.root, { "etc/passwd": "anew", "etc/group": "again", "opt/a/f": "again", "usr/bin/sh": "other" });
    rmSync(join(overlay.root, "hello"));
    const expected = await diff(overlay);
    const lowers = [await inAufs(overlay.lowers[0]!), await inAufs(overlay.lowers[1]!)];
    const found = await changes(await inAufs(overlay.upper), lowers, "aufs");
    expect(found.map(({ kind, path }) => `${kind} ${path}`)).toEqual(expected);
    expect(expected).toContain("D /etc/hosts");
    expect(expected).toContain("D /hello");
  });
});

describe("archiveLayer() of an overlay", () => {
  test("applied as a layer, gives the container's root again", async () => {
    const overlay = mountOverlay();
    rmSync(join(overlay.root, "etc"), { recursive: true });
    rmSync(join(overlay.root, "hello"));
    writeTree(overlay.root, { "etc/only": "this", "usr/bin/sh": "other", "opt/newer": "" });
    const copy = temporaryDirectory();
    for (const layer of [overlay.lowers[1]!, overlay.lowers[0]!, overlay.upper]) {
      await apply(archiveLayer(layer, "overlay"), copy, { whiteouts: "delete" });
    }
    const exported = temporaryDirectory();
    await apply(archiveTree(overlay.root), exported, { whiteouts: "delete" });
    expect(describeTree(copy)).toEqual(describeTree(exported));
  });

  test("applied with marks, gives a layer that can be mounted in its place", async () => {
    const overlay = mountOverlay();
    rmSync(join(overlay.root, "etc"), { recursive: true });
    writeTree(overlay.root, { "etc/only": "this" });
    rmSync(join(overlay.root, "hello"));
    const layer = temporaryDirectory();
    await apply(archiveLayer(overlay.upper, "overlay"), layer, { whiteouts: "overlay" });
    const root = temporaryDirectory();
    mount("overlay", root, "overlay", 0, `lowerdir=${[layer, ...overlay.lowers].join(":")}`);
    try {
      expect(describeTree(root)).toEqual(describeTree(overlay.root));
    } finally {
      umount(root);
    }
  });
});
