/** Archives that want out, or want too much. Next to the target lies a canary: whatever the archive, it stays as it is. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mkfifo } from "@eras/linux/fifo.ts";
import { makedev, mknod, S_IFBLK } from "@eras/linux/mknod.ts";
import { MS_BIND, mount, umount } from "@eras/linux/mount.ts";
import { describe, expect, test } from "vitest";
import { directory, file, link, member, patched, pax, symlink, tar, typed, unpack } from "./archive-fixtures.ts";
import { removeTree } from "./remove-tree.ts";
import { describeTree, temporaryDirectory } from "./tree-fixtures.ts";
import { walk } from "./walk.ts";

interface World {
  readonly world: string;
  readonly target: string;
  readonly outside: string;
}

/** A target and, beside it, what must not change. */
function makeWorld(): World {
  const world = temporaryDirectory();
  const [target, outside] = [join(world, "target"), join(world, "outside")];
  mkdirSync(target);
  mkdirSync(join(outside, "dir"), { recursive: true });
  writeFileSync(join(outside, "canary"), "alive");
  return { world, target, outside };
}

/** Archives that are refused, with the reason. `outside` is an absolute path. */
// biome-ignore format: a table
const REFUSED: Record<string, [message: string | RegExp, archive: (outside: string) => Buffer]> = {
  "up with ..": ['contains ".."', () => tar(file("../outside/canary", "dead"))],
  "up with .. in the middle": ['contains ".."', () => tar(directory("a"), file("a/../../outside/canary", "dead"))],
  "up with .. at the end": ['contains ".."', () => tar(directory("a/.."))],
  "up with .. in a PAX path": ['contains ".."', () => tar(pax({ path: "../outside/canary" }), file("f", "dead"))],
  "up with .. in a GNU long name": ['contains ".."', () => tar(typed("L", "../outside/canary\0"), file("f", "dead"))],
  "up with .. in a sparse name": ['contains ".."', () => tar(pax({ "GNU.sparse.name": "../x" }), file("f", "dead"))],
  "up with .. in a global record": ['contains ".."', () => tar(typed("g", "22 path=../outside/x1\n"), file("f", "dead"))],
  "hard link up with ..": ['contains ".."', () => tar(link("l", "../outside/canary"), file("l", "dead"))],
  "hard link to an absolute name": ["which is no file", (outside) => tar(link("l", `${outside}/canary`))],
  "hard link through a link out": [/ENOENT|no file/, (outside) => tar(symlink("s", outside), link("l", "s/canary"))],
  "hard link to a directory": ["which is no file", () => tar(directory("d"), link("l", "d"))],
  "hard link to the root": ["which is no file", () => tar(link("l", "/"))],
  "hard link to nothing": ["which is no file", () => tar(link("l", "missing"))],
  "whiteout of ..": ["are for whiteouts", () => tar(file(".wh...", ""))],
  "whiteout of .. in a directory": ["are for whiteouts", () => tar(directory("a"), file("a/.wh...", ""))],
  "whiteout of .": ["are for whiteouts", () => tar(file(".wh..", ""))],
  "whiteout of nothing": ["are for whiteouts", () => tar(file(".wh.", ""))],
  "file in an opaque marker": ["are for whiteouts", () => tar(file(".wh..wh..opq/b", ""))],
  "hard link to a whiteout": ["which is no file", () => tar(file(".wh.a", ""), link("b", ".wh.a"))],
  "hard link to what is deleted": ["which is no file", () => tar(file("a"), file(".wh.b", ""), link("c", "b"))],
  "file in a whiteout": ["are for whiteouts", () => tar(file(".wh.a/b", ""))],
  "empty name": ["a name is empty", () => tar(member({ name: "" }))],
  "NUL in a name": ["contains a NUL", () => tar(pax({ path: "a\0b" }), file("f"))],
  "empty link": ["a name is empty", () => tar(symlink("l", ""))],
  "file in place of the root": ["the root is a directory", () => tar(file("."))],
  "link in place of the root": ["the root is a directory", (outside) => tar(symlink("./", outside))],
  "file below a file": ["it is no directory", () => tar(file("f"), file("f/g"))],
  "file below a fifo": ["it is no directory", () => tar(member({ name: "f", type: "fifo" }), file("f/g"))],
  "file below a dangling link": ["it is no directory", () => tar(symlink("l", "gone"), file("l/f"))],
  "file below links in a circle": ["ELOOP", () => tar(symlink("a", "b"), symlink("b", "a"), file("a/f"))],
  "name longer than a path": ["longer than 4095 bytes", () => tar(file("n/".repeat(2100)))],
  "one name longer than 255": ["ENAMETOOLONG", () => tar(file("n".repeat(256)))],
  "path deeper than the limit": ["deeper than 512", () => tar(file("d/".repeat(513)))],
  "PAX header of a gigabyte": ["extended headers have more", () => patched(typed("x", ""), 124, "10000000000\0")],
  "long name of a gigabyte": ["extended headers have more", () => patched(typed("L", ""), 124, "10000000000\0")],
  "file of a petabyte": ["files so far have more", () => tar(pax({ size: String(2 ** 50) }), file("f"))],
  "file of more than 2^53 bytes": ["not a size", () => tar(pax({ size: "99999999999999999999" }), file("f"))],
  "file of negative size": ["negative", () => tar(patched(file("f"), 124, Buffer.alloc(12, 0xff)))],
  "sparse file of a petabyte": ["files so far have more", () => tar(pax({ "GNU.sparse.size": String(2 ** 50), "GNU.sparse.map": "0,7" }), file("f"))],
  "sparse regions that overlap": ["overlap", () => tar(pax({ "GNU.sparse.size": "90", "GNU.sparse.map": "9,4,2,3" }), file("f"))],
  "sparse region beyond the end": ["beyond its size", () => tar(pax({ "GNU.sparse.size": "9", "GNU.sparse.map": "5,7" }), file("f"))],
  "sparse map without its content": ["disagree", () => tar(pax({ "GNU.sparse.size": "99", "GNU.sparse.map": "0,70" }), file("f"))],
  "sparse map of a million regions": ["regions", () => tar(pax({ "GNU.sparse.major": "1", "GNU.sparse.realsize": "1" }), file("f", `1000000\n${"0\n".repeat(300)}`))],
  "sparse map without an end": ["map", () => tar(pax({ "GNU.sparse.major": "1", "GNU.sparse.realsize": "1" }), file("f", "1".repeat(2048)))],
  "too many global records": ["more than 100 global", () => tar(typed("g", Array.from({ length: 101 }, (_, i) => `8 k${i + 100}=\n`).join("")), file("f"))],
  "PAX record that ends nowhere": ["PAX record is damaged", () => tar(typed("x", "99 path=x\n"), file("f"))],
  "PAX record of length 0": ["PAX record is damaged", () => tar(typed("x", "0 path=x\n"), file("f"))],
  "user -1, which chown leaves alone": ["no user or group", () => tar(member({ name: "f", uid: 0xffff_ffff, mode: 0o4755 }))],
  "user beyond 32 bits, which wraps to root": ["no user or group", () => tar(member({ name: "f", uid: 2 ** 32 }))],
  "device that can't be": ["no device", () => tar(member({ name: "f", type: "block-device", deviceMajor: 5000 }))],
  "type that nobody knows": ["not supported", () => tar(patched(file("f"), 156, "Q"))],
};

describe("apply() of a hostile archive", () => {
  test.each(Object.entries(REFUSED))("refuses: %s", async (_, [message, archive]) => {
    const { target, outside } = makeWorld();
    const before = describeTree(outside);
    await expect(unpack(archive(outside), target)).rejects.toThrow(message);
    await expect(unpack(archive(outside), target, { whiteouts: "overlay" })).rejects.toThrow(message);
    await expect(unpack(archive(outside), target, { whiteouts: "aufs" })).rejects.toThrow(message);
    expect(describeTree(outside)).toEqual(before);
    await removeTree(target);
    expect(describeTree(outside)).toEqual(before);
  });

  /** Archives that are unpacked, but inside. */
  // biome-ignore format: a table
  const CONTAINED: Record<string, (outside: string) => Buffer> = {
    "absolute name": (outside) => tar(file(`${outside}/canary`, "dead")),
    "write through an absolute link": (outside) => tar(directory(outside), symlink("s", outside), file("s/canary", "dead")),
    "write through a relative link": () => tar(directory("outside"), symlink("s", "../outside"), file("s/canary", "dead")),
    "write through a chain of links": () => tar(directory("outside"), symlink("a", ".."), symlink("b", "a/.."), file("b/outside/canary", "dead")),
    "file over a link to a file": (outside) => tar(symlink("s", `${outside}/canary`), file("s", "dead")),
    "directory over a link to a directory": (outside) => tar(symlink("s", outside), directory("s", 0o777), file("s/canary", "dead")),
    "hard link over a link": (outside) => tar(file("f", "dead"), symlink("s", `${outside}/canary`), link("s", "f")),
    "hard link to a link, then written": (outside) => tar(symlink("s", `${outside}/canary`), link("l", "s"), file("l", "dead")),
    "metadata of a link": (outside) => tar(member({ name: "s", type: "symlink", linkName: `${outside}/canary`, mode: 0o777, uid: 99, mtimeNs: 7n })),
    "directory, then a link in its place": (outside) => tar(directory("d", 0o777), symlink("d", outside)),
    "metadata of a directory whose parent became a link": (outside) => tar(directory("d/dir", 0o777), symlink("d", outside)),
    "whiteout through a link": (outside) => tar(directory(outside), symlink("s", outside), file("s/.wh.canary", "")),
    "opaque through a link": (outside) => tar(directory(outside), symlink("s", outside), file("s/.wh..wh..opq", "")),
    "book-keeping through a link": (outside) => tar(directory(outside), symlink("s", outside), file("s/.wh..wh.dir", "")),
    "whiteout of a link": (outside) => tar(symlink("s", outside), file(".wh.s", "")),
    "dots and slashes": () => tar(file(".//././/a///b/./c", "x")),
    "link named like a path of /proc": () => tar(directory("proc"), symlink("s", "/proc/self/root"), file("f", "x")),
  };

  test.each(Object.entries(CONTAINED))("stays inside: %s", async (_, archive) => {
    for (const whiteouts of ["delete", "overlay", "aufs"] as const) {
      const { world, target, outside } = makeWorld();
      const before = describeTree(outside);
      await unpack(archive(outside), target, { whiteouts });
      expect(describeTree(outside)).toEqual(before);
      expect(readdirSync(world).sort()).toEqual(["outside", "target"]);
      await removeTree(target);
      expect(describeTree(outside)).toEqual(before);
    }
  });

  test("does not write to a device or fifo that is in the way", async () => {
    const { target } = makeWorld();
    mkfifo(join(target, "fifo"), 0o600);
    mknod(join(target, "disk"), S_IFBLK | 0o600, makedev(1, 0));
    await unpack(tar(file("fifo"), file("disk")), target);
    expect(readFileSync(join(target, "disk"), "utf8")).toBe("content");
  });

  test("follows no link that was there before", async () => {
    const { target, outside } = makeWorld();
    const before = describeTree(outside);
    symlinkSync(outside, join(target, "s"));
    symlinkSync(join(outside, "canary"), join(target, "f"));
    await expect(unpack(tar(file("f", "dead"), file("s/canary", "dead")), target)).rejects.toThrow("no directory");
    await unpack(tar(file("s", "dead")), target);
    expect(describeTree(outside)).toEqual(before);
  });

  test("enters no filesystem that is mounted inside", async () => {
    const { target, outside } = makeWorld();
    const before = describeTree(outside);
    mkdirSync(join(target, "volume"));
    mount(outside, join(target, "volume"), null, MS_BIND, null);
    try {
      for (const archive of [
        file("volume/canary", "dead"),
        file(".wh.volume", ""),
        directory("volume", 0o777),
        file("volume", "x"),
      ]) {
        await expect(unpack(tar(archive), target)).rejects.toThrow(/EXDEV|mounted|EBUSY/);
      }
      await expect(removeTree(target)).rejects.toThrow("mounted");
    } finally {
      umount(join(target, "volume"));
    }
    expect(describeTree(outside)).toEqual(before);
  });

  test("enters one that belongs to the tree, and leads nowhere else through it", async () => {
    const { target, outside } = makeWorld();
    const volume = join(target, "volume");
    mkdirSync(volume);
    mount("tmpfs", volume, "tmpfs", 0, null);
    const before = describeTree(outside);
    try {
      symlinkSync(outside, join(volume, "s"));
      const archive = tar(directory("volume", 0o700), file("volume/new"), file("volume/s/canary", "dead"));
      await expect(unpack(archive, target, { whiteouts: "delete", entersMounts: true })).rejects.toThrow(
        "no directory",
      );
      expect(readdirSync(volume).sort()).toEqual(["new", "s"]);
      const names = [...walk(target, undefined, { entersMounts: true })].map(({ path }) => path);
      expect(names.filter((path) => path.startsWith("volume"))).toEqual(["volume", "volume/new", "volume/s"]);
    } finally {
      umount(volume);
    }
    expect(describeTree(outside)).toEqual(before);
  });

  test("stays inside while somebody swaps directories for links", { timeout: 30_000 }, async () => {
    const { target, outside } = makeWorld();
    const before = describeTree(outside);
    const swapper = spawn(process.execPath, ["-e", SWAPPER, target, outside], { stdio: ["pipe", "pipe", "inherit"] });
    const closed = once(swapper, "close");
    await once(swapper.stdout, "data");
    const rounds = 150;
    const names = Array.from({ length: 40 }, (_, i) => file(`d/dir/f${i}`, "dead"));
    let done = 0;
    for (let round = 0; round < rounds; round++) {
      const archive = tar(
        directory("d/dir", 0o777),
        ...names,
        file("d/canary", "dead"),
        file("d/.wh.canary", ""),
        file("d/.wh..wh..opq", ""),
      );
      await unpack(archive, target).then(
        () => done++,
        () => {},
      ); // it may well fail, as the tree changes below it
    }
    swapper.stdin.end();
    await closed;
    expect(describeTree(outside)).toEqual(before);
    expect(done).toBeGreaterThan(0);
  });
});

/** Exchanges the directory d and a link to outside, as fast as it can, until its standard input ends. */
const SWAPPER = `
  const fs = require("node:fs");
  const [target, outside] = process.argv.slice(1);
  process.chdir(target);
  fs.symlinkSync(outside, "evil");
  let stop = false;
  process.stdin.on("end", () => { stop = true; }).resume();
  const attempt = (action) => { try { action(); } catch {} };
  console.log("ready");
  (function round() {
    for (let i = 0; i < 200; i++) {
      attempt(() => fs.renameSync("d", "d.real"));
      attempt(() => fs.renameSync("evil", "d"));
      attempt(() => fs.renameSync("d", "evil"));
      attempt(() => fs.renameSync("d.real", "d"));
    }
    if (!stop) setImmediate(round);
  })();
`;

describe("apply() of a bomb", () => {
  test("counts headers", async () => {
    const archive = tar(...Array.from({ length: 11 }, (_, i) => file(`f${i}`)));
    await expect(unpack(archive, temporaryDirectory(), { limits: { headers: 10 } })).rejects.toThrow(
      "more than 10 headers",
    );
  });

  test("counts all bytes of extended headers", async () => {
    const archive = tar(
      ...Array.from({ length: 20 }, (_, i) => Buffer.concat([pax({ comment: "c".repeat(1000) }), file(`f${i}`)])),
    );
    const limits = { allHeaderBytes: 10_000 };
    await expect(unpack(archive, temporaryDirectory(), { limits })).rejects.toThrow("or 10000 together");
  });

  test("counts bytes after decompression, the trailing ones too", async () => {
    const archive = Buffer.concat([tar(file("f")), Buffer.alloc(10_000)]);
    await expect(unpack(archive, temporaryDirectory(), { limits: { totalBytes: 9000 } })).rejects.toThrow(
      "longer than 9000 bytes",
    );
  });
});
