import { execFileSync } from "node:child_process";
import {
  linkSync,
  lutimesSync,
  mkdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { makedev, mknod, S_IFBLK, S_IFCHR, S_IFIFO } from "@eras/linux/mknod.ts";
import { MS_BIND, mount, umount } from "@eras/linux/mount.ts";
import { setxattr } from "@eras/linux/xattr.ts";
import { describe, expect, onTestFinished, test } from "vitest";
import { apply } from "./apply.ts";
import { archiveLayer, archiveTree } from "./archive.ts";
import { chunksOf, collect, unpack } from "./archive-fixtures.ts";
import { describeTree, pathsIn, temporaryDirectory } from "./tree-fixtures.ts";

const CAPABILITY = Buffer.from("0100000200040000000000000000000000000000", "hex");

/** A tree with everything that a tar can hold. */
function makeTree(): string {
  const root = temporaryDirectory();
  const at = (path: string) => join(root, path);
  mkdirSync(at("d/e"), { recursive: true, mode: 0o2750 });
  writeFileSync(at("d/file"), "content", { mode: 0o4711 });
  writeFileSync(at("d/empty"), "");
  writeFileSync(at("big"), Buffer.alloc(300_001, "big"));
  linkSync(at("d/file"), at("d/second name"));
  symlinkSync("../d/file", at("d/e/link"));
  symlinkSync(`/${"t".repeat(150)}`, at("long-target"));
  writeFileSync(at("名字"), "name");
  mkdirSync(at(`${"p".repeat(120)}/${"q".repeat(120)}`), { recursive: true });
  writeFileSync(at(`${"p".repeat(120)}/${"q".repeat(120)}/f`), "deep");
  mknod(at("null"), S_IFCHR | 0o666, makedev(1, 3));
  mknod(at("disk"), S_IFBLK | 0o660, makedev(8, 300));
  mknod(at("fifo"), S_IFIFO | 0o600, 0);
  setxattr(at("d/empty"), "security.capability", CAPABILITY);
  setxattr(at("d/e"), "user.binary", Buffer.from([0, 10, 61, 255, 0]));
  execFileSync("chown", ["70000:3000000", at("big")]);
  lutimesSync(at("d/e/link"), 1, 1_234_567_890);
  utimesSync(at("d"), 1, 1_000_000_000.25);
  return root;
}

async function packed(directory: string): Promise<Buffer> {
  return await collect(archiveTree(directory));
}

function unpackWith(program: "tar" | "bsdtar", archive: Buffer): string {
  const root = temporaryDirectory();
  const xattrs =
    program === "tar" ? ["--xattrs", "--xattrs-include=*", "--numeric-owner"] : ["--xattrs", "--numeric-owner"];
  execFileSync(program, [...xattrs, "-xpf", "-", "-C", root], { input: archive });
  return root;
}

/** bsdtar leaves the time of the root itself alone. */
function belowRoot(root: string): string[] {
  return describeTree(root).slice(1);
}

describe("archiveTree()", () => {
  test("is undone by apply()", async () => {
    const source = makeTree();
    const copy = temporaryDirectory();
    await unpack(await packed(source), copy);
    expect(describeTree(copy)).toEqual(describeTree(source));
  });

  test("gives the same bytes for the same tree, made in another order", async () => {
    const source = makeTree();
    const copy = temporaryDirectory();
    const archive = await packed(source);
    execFileSync("sh", ["-c", 'cd "$1" && ls -1 | sort -r | xargs cp -a -t "$2"', "sh", source, copy]);
    execFileSync("touch", ["-r", source, copy]);
    execFileSync("chmod", ["--reference", source, copy]);
    expect((await packed(copy)).equals(archive)).toBe(true);
  });

  test.each(["tar", "bsdtar"] as const)("is understood by %s", async (program) => {
    const source = makeTree();
    const copy = unpackWith(program, await packed(source));
    expect(belowRoot(copy)).toEqual(belowRoot(source));
  });

  test("leaves out sockets", async () => {
    const root = temporaryDirectory();
    const server = createServer();
    onTestFinished(() => void server.close());
    await new Promise<void>((listening) => server.listen(join(root, "socket"), listening));
    const copy = temporaryDirectory();
    await unpack(await packed(root), copy);
    expect(pathsIn(copy)).toEqual([]);
  });

  test("stays on one mount", async () => {
    const [root, elsewhere, copy] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()];
    writeFileSync(join(elsewhere, "private"), "");
    mkdirSync(join(root, "volume"));
    mount(elsewhere, join(root, "volume"), null, MS_BIND, null);
    const archive = await packed(root).finally(() => umount(join(root, "volume")));
    await unpack(archive, copy);
    expect(pathsIn(copy)).toEqual(["volume"]);
  });

  test("says which file shrank while it was read", async () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, "log"), Buffer.alloc(1_000_000));
    const chunks = archiveTree(root);
    await chunks.next();
    truncateSync(join(root, "log"), 0);
    await expect(collect(chunks)).rejects.toThrow('Cannot archive "log": it became shorter while it was read');
  });

  test("reads nothing before it is asked to, and stops when nobody wants more", async () => {
    const chunks = archiveTree("/proc/self");
    await chunks.return(undefined);
    expect((await chunks.next()).done).toBe(true);
  });
});

describe("apply() of other programs' archives", () => {
  const formats: [program: "tar" | "bsdtar", ...flags: string[]][] = [
    ["tar", "--format=gnu"],
    ["tar", "--format=posix", "--xattrs", "--xattrs-include=*"],
    ["tar", "--format=posix", "--sparse", "--xattrs", "--xattrs-include=*"],
    ["bsdtar", "--format=pax", "--xattrs"],
    ["bsdtar", "--format=gnutar"],
  ];

  test.each(formats)("takes %s %s", async (program, ...flags) => {
    const source = makeTree();
    const archive = execFileSync(program, [...flags, "-cf", "-", "-C", source, "."], { maxBuffer: 1 << 26 });
    const copy = temporaryDirectory();
    await unpack(archive, copy);
    // The program's own reading of its archive is the measure: the older formats lose fractions of a second and attributes.
    expect(belowRoot(copy)).toEqual(belowRoot(unpackWith(program, archive)));
  });

  const sparseFormats: [program: "tar" | "bsdtar", ...flags: string[]][] = [
    ["tar", "--format=gnu"],
    ["tar", "--format=posix", "--sparse-version=0.0"],
    ["tar", "--format=posix", "--sparse-version=0.1"],
    ["tar", "--format=posix", "--sparse-version=1.0"],
    ["bsdtar", "--format=pax"],
  ];

  test.each(sparseFormats)("takes sparse files of %s %s", async (program, ...flags) => {
    const source = temporaryDirectory();
    const file = (name: string) => join(source, name);
    for (const name of ["hole", "tail"]) writeFileSync(file(name), name === "tail" ? "start" : "");
    for (const name of ["hole", "tail"]) truncateSync(file(name), (1 << 20) + 17);
    const offsets = Array.from({ length: 60 }, (_, i) => i * 16);
    execFileSync("sh", [
      "-c",
      `for i in ${offsets.join(" ")}; do echo $i | dd of="$1" bs=4096 seek=$i conv=notrunc status=none; done`,
      "sh",
      file("many"),
    ]);
    const sparse = program === "tar" ? ["--sparse"] : [];
    const archive = execFileSync(program, [...sparse, ...flags, "-cf", "-", "-C", source, "."], { maxBuffer: 1 << 26 });
    expect(archive.length).toBeLessThan(1_000_000);
    const copy = temporaryDirectory();
    await unpack(archive, copy);
    expect(contents(copy)).toEqual(contents(source));
    const { many, ...others } = blocksIn(copy);
    expect(others).toEqual({ hole: 0, tail: 8 });
    expect(many! - 60 * 8).toBeLessThanOrEqual(16); // blocks that say where those of the file are
  });
});

/** Blocks of 512 bytes that each file has on disk. */
function blocksIn(root: string): Record<string, number> {
  return Object.fromEntries(pathsIn(root).map((path) => [path, statSync(join(root, path)).blocks]));
}

describe("apply() of zeros", () => {
  test("leaves holes: a sparse file stays one through an archive that has none", async () => {
    const [source, copy] = [temporaryDirectory(), temporaryDirectory()];
    const file = join(source, "disk");
    writeFileSync(file, Buffer.concat([Buffer.alloc(5000), Buffer.from("data"), Buffer.alloc(100_000)]));
    truncateSync(file, 10_000_001);
    writeFileSync(join(source, "zeros"), Buffer.alloc(300_000));
    writeFileSync(join(source, "full"), Buffer.alloc(300_000, "\0\0\0x"));
    const archive = await packed(source);
    for (const chunkBytes of [archive.length, 65_536, 1000]) {
      await apply(chunksOf(archive, chunkBytes), copy, { whiteouts: "delete" });
      expect(contents(copy)).toEqual(contents(source));
      expect(blocksIn(copy)).toEqual({ disk: 8, full: 592, zeros: 0 });
    }
  });
});

/** Without times, which the older formats cut. */
function contents(root: string): string[] {
  return describeTree(root).map((line) => line.replace(/ \d+ \{/, " {"));
}

describe("archiveLayer()", () => {
  test("turns overlayfs's marks into whiteouts, and apply() turns them back", async () => {
    const upper = temporaryDirectory();
    mkdirSync(join(upper, "etc"));
    mkdirSync(join(upper, "fresh"));
    writeFileSync(join(upper, "fresh/f"), "f");
    mknod(join(upper, "etc/gone"), S_IFCHR, 0);
    setxattr(join(upper, "fresh"), "trusted.overlay.opaque", Buffer.from("y"));
    setxattr(join(upper, "etc"), "trusted.overlay.origin", Buffer.from([0, 1]));
    const archive = await collect(archiveLayer(upper, "overlay"));
    const listed = execFileSync("tar", ["-tf", "-"], { input: archive, encoding: "utf8" });
    expect(listed.split("\n")).toEqual(["./", "etc/", "etc/.wh.gone", "fresh/", "fresh/.wh..wh..opq", "fresh/f", ""]);
    const copy = temporaryDirectory();
    await unpack(archive, copy, { whiteouts: "overlay" });
    expect((await collect(archiveLayer(copy, "overlay"))).equals(archive)).toBe(true);
    expect(describeTree(copy).join("\n")).not.toContain("overlay.origin");
  });

  test("refuses a file that bears a whiteout's name", async () => {
    const upper = temporaryDirectory();
    writeFileSync(join(upper, ".wh.f"), "");
    await expect(collect(archiveLayer(upper, "overlay"))).rejects.toThrow('Cannot archive ".wh.f"');
  });

  test("refuses what overlayfs keeps elsewhere in part", async () => {
    const upper = temporaryDirectory();
    mkdirSync(join(upper, "renamed"));
    setxattr(join(upper, "renamed"), "trusted.overlay.redirect", Buffer.from("before"));
    await expect(collect(archiveLayer(upper, "overlay"))).rejects.toThrow("redirect_dir=off");
  });
});

describe("apply() and archiveTree() of an empty directory", () => {
  test("carry the root's own metadata", async () => {
    const [source, copy] = [temporaryDirectory(), temporaryDirectory()];
    execFileSync("chmod", ["1751", source]);
    await apply(archiveTree(source), copy, { whiteouts: "delete" });
    expect(describeTree(copy)).toEqual(describeTree(source));
  });
});
