import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { getxattr, lgetxattr } from "@eras/linux/xattr.ts";
import { describe, expect, test } from "vitest";
import { apply } from "./apply.ts";
import {
  chunksOf,
  directory,
  file,
  link,
  member,
  patched,
  pax,
  symlink,
  tar,
  typed,
  unpack,
} from "./archive-fixtures.ts";
import { pathsIn, temporaryDirectory } from "./tree-fixtures.ts";

const OPAQUE = "trusted.overlay.opaque";

function isWhiteout(path: string): boolean {
  const stats = lstatSync(path);
  return stats.isCharacterDevice() && stats.rdev === 0;
}

describe("apply()", () => {
  test("makes files with owner, mode, time and content", async () => {
    const root = temporaryDirectory();
    const entry = { name: "bin/su", mode: 0o4755, uid: 3, gid: 70_000_000, mtimeNs: 1_358_969_700_123_456_789n };
    await unpack(tar(member(entry, "#!")), root);
    const stats = lstatSync(join(root, "bin/su"), { bigint: true });
    expect(stats).toMatchObject({ mode: 0o104755n, uid: 3n, gid: 70_000_000n, mtimeNs: entry.mtimeNs });
    expect(readFileSync(join(root, "bin/su"), "utf8")).toBe("#!");
  });

  test("sets times before 1970", async () => {
    const root = temporaryDirectory();
    await unpack(tar(member({ name: "old", mtimeNs: -1_500_000_000n })), root);
    expect(lstatSync(join(root, "old"), { bigint: true }).mtimeNs).toBe(-1_500_000_000n);
  });

  test("makes every type of file", async () => {
    const root = temporaryDirectory();
    const device = { deviceMajor: 8, deviceMinor: 300 };
    const archive = tar(
      directory("d", 0o1777),
      symlink("d/link", "/nowhere"),
      member({ name: "d/fifo", type: "fifo" }),
      member({ name: "d/null", type: "character-device", deviceMajor: 1, deviceMinor: 3 }),
      member({ name: "d/disk", type: "block-device", ...device }),
      file("d/a", "x"),
      link("d/b", "d/a"),
    );
    await unpack(archive, root);
    const type = (name: string) => lstatSync(join(root, "d", name)).mode & 0o170000;
    expect(["link", "fifo", "null", "disk", "a"].map(type)).toEqual([0o120000, 0o010000, 0o020000, 0o060000, 0o100000]);
    expect(readlinkSync(join(root, "d/link"))).toBe("/nowhere");
    expect(lstatSync(join(root, "d/disk")).rdev).toBe(0x10082c);
    expect(lstatSync(join(root, "d/b")).ino).toBe(lstatSync(join(root, "d/a")).ino);
    expect(lstatSync(join(root, "d")).mode & 0o7777).toBe(0o1777);
  });

  test("keeps the time and mode of a directory that files are made in afterwards", async () => {
    const root = temporaryDirectory();
    const entry = { name: "d/", type: "directory", mode: 0o500, mtimeNs: 5_000_000_001n } as const;
    await unpack(tar(member({ ...entry, name: "./" }), member(entry), file("d/f")), root);
    for (const path of ["", "d"]) {
      expect(lstatSync(join(root, path), { bigint: true })).toMatchObject({ mode: 0o40500n, mtimeNs: 5_000_000_001n });
    }
  });

  test("sets binary attributes after the owner, which would clear capabilities", async () => {
    const root = temporaryDirectory();
    const capability = Buffer.from("0100000200040000000000000000000000000000", "hex");
    await unpack(tar(member({ name: "ping", uid: 7, xattrs: new Map([["security.capability", capability]]) })), root);
    expect(getxattr(join(root, "ping"), "security.capability")).toEqual(capability);
  });

  test("reads attributes in bsdtar's spelling", async () => {
    const root = temporaryDirectory();
    const value = Buffer.from([0, 255, 10, 61]);
    await unpack(tar(pax({ "LIBARCHIVE.xattr.user.a%3Db": value.toString("base64") }), file("f")), root);
    expect(getxattr(join(root, "f"), "user.a=b")).toEqual(value);
  });

  test("drops overlayfs's own attributes", async () => {
    const root = temporaryDirectory();
    const xattrs = new Map([["trusted.overlay.redirect", Buffer.from("/etc")]]);
    await unpack(tar(member({ name: "d", type: "directory", xattrs }), member({ name: "f", xattrs })), root);
    expect(getxattr(join(root, "d"), "trusted.overlay.redirect")).toBeUndefined();
    expect(getxattr(join(root, "f"), "trusted.overlay.redirect")).toBeUndefined();
  });

  test("understands GNU long names and links, v7 directories, star prefixes and global records", async () => {
    const root = temporaryDirectory();
    const long = `${"n".repeat(90)}/${"m".repeat(200)}`;
    const v7 = patched(member({ name: "v7/" }), 257, Buffer.alloc(8));
    const star = patched(patched(file("s"), 345, "prefix"), 508, "tar\0");
    const gnu = Buffer.concat([typed("L", `${long}\0`), typed("K", `${long}\0`), symlink("cut", "cut")]);
    await unpack(tar(typed("V", ""), gnu, v7, star, typed("g", "9 uid=42\n"), file("global")), root);
    expect(readlinkSync(join(root, long))).toBe(long);
    expect(lstatSync(join(root, "v7")).isDirectory()).toBe(true);
    expect(statSync(join(root, "prefix/s")).isFile()).toBe(true);
    expect(lstatSync(join(root, "global")).uid).toBe(42);
  });

  test("keeps names that are no UTF-8", async () => {
    const root = temporaryDirectory();
    const archive = patched(file("name"), 0, Buffer.from("caf\xe9/\xff", "latin1"));
    await unpack(tar(archive), root);
    expect(readdirSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from("caf\xe9", "latin1")]), "latin1")).toEqual([
      "\xff",
    ]);
  });

  test("replaces what is there, whatever it is", async () => {
    const root = temporaryDirectory();
    mkdirSync(join(root, "tree/deep"), { recursive: true });
    writeFileSync(join(root, "kept"), "old");
    const archive = tar(
      file("tree", "file now"),
      link("second", "kept"),
      file("kept", "new"),
      directory("second"),
      file("second/f"),
    );
    await unpack(archive, root);
    expect(readFileSync(join(root, "tree"), "utf8")).toBe("file now");
    expect(readFileSync(join(root, "kept"), "utf8")).toBe("new");
    expect(pathsIn(root)).toEqual(["kept", "second", "second/f", "tree"]);
  });

  test("takes a file that is in the archive twice as a hard link to itself", async () => {
    const root = temporaryDirectory();
    await unpack(tar(file("f", "x"), symlink("here", "."), link("f", "f"), link("here/f", "f")), root);
    expect(readFileSync(join(root, "f"), "utf8")).toBe("x");
  });

  test("follows links of the tree within the tree", async () => {
    const root = temporaryDirectory();
    await unpack(tar(directory("usr/lib"), symlink("lib", "/usr/lib"), file("lib/f")), root);
    expect(pathsIn(root)).toEqual(["lib", "usr", "usr/lib", "usr/lib/f"]);
  });

  test("makes missing directories, independent of the umask", async () => {
    const root = temporaryDirectory();
    const umask = process.umask(0o077);
    await unpack(tar(file("a/b/c")), root).finally(() => process.umask(umask));
    expect(lstatSync(join(root, "a/b")).mode & 0o7777).toBe(0o755);
  });

  test.each([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
  ])("decompresses %s", async (_, compress) => {
    const root = temporaryDirectory();
    await unpack(compress(tar(file("f"))), root);
    expect(pathsIn(root)).toEqual(["f"]);
  });

  test.each([
    ["xz", "fd377a585a00"],
    ["bzip2", "425a6839314159"],
  ])("says how to decompress %s", async (name, magic) => {
    const archive = Buffer.concat([Buffer.from(magic, "hex"), Buffer.alloc(600)]);
    await expect(unpack(archive, temporaryDirectory())).rejects.toThrow(`${name} -dc FILE`);
  });

  test("refuses what is empty or no tar", async () => {
    await expect(unpack(Buffer.alloc(0), temporaryDirectory())).rejects.toThrow("it is empty");
    await expect(unpack(Buffer.alloc(2000, "text"), temporaryDirectory())).rejects.toThrow("no tar");
    await expect(unpack(gzipSync(tar(file("f"))).subarray(0, -12), temporaryDirectory())).rejects.toThrow("gzip");
  });

  test("reads the stream to its end, for whoever hashes it", async () => {
    const archive = Buffer.concat([tar(file("f")), Buffer.alloc(9000)]);
    const hash = createHash("sha256");
    async function* tee() {
      for await (const chunk of chunksOf(archive, 100)) {
        hash.update(chunk);
        yield chunk;
      }
    }
    await apply(tee(), temporaryDirectory(), { whiteouts: "delete" });
    expect(hash.digest("hex")).toBe(createHash("sha256").update(archive).digest("hex"));
  });

  test("lets the event loop run", async () => {
    const archive = tar(...Array.from({ length: 3000 }, (_, i) => file(`f${i}`)));
    let longestMs = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
    }, 1);
    await unpack(archive, temporaryDirectory()).finally(() => clearInterval(timer));
    expect(longestMs).toBeGreaterThan(0);
    expect(longestMs).toBeLessThan(500);
  });
});

describe("apply() with whiteouts: delete", () => {
  test("removes files and trees of the layers below", async () => {
    const root = temporaryDirectory();
    await unpack(tar(file("etc/a"), file("etc/b"), file("opt/x/y")), root);
    await unpack(
      tar(file("etc/.wh.a", ""), file(".wh.opt", ""), file(".wh.absent", ""), file("no/.wh.where", "")),
      root,
    );
    expect(pathsIn(root)).toEqual(["etc", "etc/b"]);
  });

  test("empties an opaque directory, but for what the same layer made before or after", async () => {
    const root = temporaryDirectory();
    await unpack(tar(file("d/old"), file("d/sub/old")), root);
    await unpack(tar(file("d/sub/new"), file("d/.wh..wh..opq", ""), file("d/newer")), root);
    expect(pathsIn(root)).toEqual(["d", "d/newer", "d/sub", "d/sub/new"]);
  });

  test("keeps what the same layer made under the name", async () => {
    const root = temporaryDirectory();
    await unpack(tar(file("d/old"), file("f", "old")), root);
    await unpack(tar(file("d/new"), file("f", "new"), file(".wh.d", ""), file(".wh.f", "")), root);
    expect(pathsIn(root)).toEqual(["d", "d/new", "f"]);
  });

  test("follows no link when it removes", async () => {
    const root = temporaryDirectory();
    await unpack(tar(file("kept/f"), symlink("link", "kept")), root);
    await unpack(tar(file(".wh.link", "")), root);
    expect(pathsIn(root)).toEqual(["kept", "kept/f"]);
  });

  test("drops aufs's book-keeping and keeps the hard links that it holds", async () => {
    const root = temporaryDirectory();
    const plink = ".wh..wh.plnk/17.17";
    await unpack(
      tar(
        file(".wh..wh.aufs", ""),
        directory(".wh..wh.plnk"),
        file(plink, "shared"),
        link("a", plink),
        link("b", plink),
      ),
      root,
    );
    expect(pathsIn(root)).toEqual(["a", "b"]);
    expect(readFileSync(join(root, "b"), "utf8")).toBe("shared");
  });
});

describe("apply() with whiteouts: overlay", () => {
  const mark = { whiteouts: "overlay" } as const;

  test("leaves overlay whiteouts and opaque directories", async () => {
    const root = temporaryDirectory();
    await unpack(tar(file("etc/.wh.a", ""), directory("d"), file("d/.wh..wh..opq", ""), file("d/f")), root, mark);
    expect(isWhiteout(join(root, "etc/a"))).toBe(true);
    expect(lgetxattr(join(root, "d"), OPAQUE)?.toString()).toBe("y");
    expect(pathsIn(root)).toEqual(["d", "d/f", "etc", "etc/a"]);
  });

  test("goes through directories of the layers below without changing them", async () => {
    const [bottom, middle, root] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()];
    const closed = { type: "directory", mode: 0o1700, uid: 5, gid: 6, mtimeNs: 7_000_000_008n } as const;
    const xattrs = new Map([["user.note", Buffer.from("x")]]);
    await unpack(
      tar(member({ ...closed, name: "a/", xattrs }), member({ ...closed, name: "a/b/", uid: 9 })),
      bottom,
      mark,
    );
    await unpack(tar(file("gone/f"), file("c/.wh..wh..opq", ""), file("a/b/g")), middle, { ...mark, below: [bottom] });
    const layer = tar(file("a/b/f"), file(".wh.gone", ""), file("gone/new"), file("new/f"));
    await unpack(layer, root, { ...mark, below: [middle, bottom] });
    const facts = (path: string) => lstatSync(join(root, path), { bigint: true });
    expect(facts("a")).toMatchObject({ mode: 0o41700n, uid: 5n, gid: 6n, mtimeNs: closed.mtimeNs });
    expect(facts("a/b")).toMatchObject({ mode: 0o41700n, uid: 9n, gid: 6n });
    expect(getxattr(join(root, "a"), "user.note")?.toString()).toBe("x");
    for (const path of ["gone", "new"]) expect(facts(path)).toMatchObject({ mode: 0o40755n, uid: 0n });
  });

  test("makes a directory opaque that the same layer deletes, before or after", async () => {
    const root = temporaryDirectory();
    const archive = tar(
      file(".wh.a", ""),
      directory("a"),
      directory("b"),
      file(".wh.b", ""),
      file(".wh.c", ""),
      file("c/f"),
    );
    await unpack(archive, root, mark);
    for (const name of ["a", "b", "c"]) expect(lgetxattr(join(root, name), OPAQUE)?.toString()).toBe("y");
  });

  test("replaces a whiteout by a file of the same layer, and the other way round keeps the file", async () => {
    const root = temporaryDirectory();
    await unpack(tar(file(".wh.a", ""), file("a"), file("b"), file(".wh.b", "")), root, mark);
    expect(pathsIn(root).map((name) => lstatSync(join(root, name)).isFile())).toEqual([true, true]);
  });
});
