import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { applyTar } from "@eras/layers/apply.ts";
import { ArchiveError } from "@eras/layers/archive-error.ts";
import {
  chunksOf,
  collect,
  directory,
  file,
  link,
  member,
  pax,
  symlink,
  tar,
  typed,
} from "@eras/layers/archive-fixtures.ts";
import { temporaryDirectory } from "@eras/layers/tree-fixtures.ts";
import { DataLoss, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { describe, expect, test } from "vitest";
import { FILE, SEGMENT, type TarSplitEntry } from "./tar-split.ts";
import { assembleTar, splitTar } from "./tar-split-file.ts";

/** Unpacks an archive, and splits it meanwhile. */
async function split(archive: Buffer, chunkBytes?: number): Promise<{ path: string; root: string }> {
  const dir = temporaryDirectory();
  const [path, root] = [join(dir, "tar-split.json.gz"), join(dir, "root")];
  mkdirSync(root);
  await applyTar(splitTar(chunksOf(archive, chunkBytes), path), root, { whiteouts: "overlay" });
  return { path, root };
}

async function again(archive: Buffer, chunkBytes?: number): Promise<Buffer> {
  const { path, root } = await split(archive, chunkBytes);
  return await collect(assembleTar(path, root));
}

function entriesIn(path: string): TarSplitEntry[] {
  const lines = gunzipSync(readFileSync(path)).toString().trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as TarSplitEntry);
}

const SAMPLE = tar(
  directory("d"),
  file("d/empty", ""),
  file("d/short", "content"),
  file("d/long", "x".repeat(100_000)),
  link("d/second name", "d/short"),
  symlink("link", "/nowhere"),
  file(".wh.gone", ""),
);

describe("a tar that was split and is assembled", () => {
  test.for([1, 7, 511, 512, 513, 4096, 1 << 20])("has the same bytes, coming in pieces of %i", async (chunkBytes) => {
    expect((await again(SAMPLE, chunkBytes)).equals(SAMPLE)).toBe(true);
  });

  test("has its extended headers, and names that are no UTF-8", async () => {
    const archive = tar(
      pax({ path: "a long name/".repeat(20), "SCHILY.xattr.user.a": "b" }),
      directory("short"),
      typed("L", `${"n".repeat(200)}\0`),
      file("n"),
      pax({ size: "3" }),
      member({ name: "sized" }, "abc"),
      member({ name: "caf\udce9" }, "latin"),
    );
    expect((await again(archive)).equals(archive)).toBe(true);
    expect(entriesIn((await split(archive)).path).at(-3)).toMatchObject({ name_raw: "Y2Fm6Q==" });
  });

  test.for(["gnu", "pax", "ustar", "v7"])(
    "has the same bytes, as GNU tar writes it in the format %s",
    async (format) => {
      const dir = temporaryDirectory();
      writeFileSync(join(dir, "one"), "1");
      mkdirSync(join(dir, "sub"));
      writeFileSync(join(dir, "sub", "n".repeat(format === "v7" ? 50 : 90)), "x".repeat(2000));
      symlinkSync("one", join(dir, "link"));
      const archive = execFileSync("tar", ["-C", dir, `--format=${format}`, "-c", "."], { maxBuffer: 1 << 26 });
      expect((await again(archive)).equals(archive)).toBe(true);
    },
  );

  test.for(["gnu", "pax"])("has sparse files as they were stored, in the format %s", async (format) => {
    const dir = temporaryDirectory();
    const path = join(dir, "sparse");
    writeFileSync(path, "begin");
    truncateSync(path, 1 << 20);
    for (let i = 1; i < 12; i++)
      execFileSync("dd", [
        "if=/dev/zero",
        `of=${path}`,
        "bs=4096",
        "count=1",
        `seek=${i * 10}`,
        "conv=notrunc",
        "status=none",
      ]);
    writeFileSync(join(dir, "after"), "after");
    const archive = execFileSync("tar", ["-C", dir, "--sparse", `--format=${format}`, "-c", "sparse", "after"], {
      maxBuffer: 1 << 26,
    });
    expect((await again(archive)).equals(archive)).toBe(true);
  });

  test("keeps what comes after the archive's end", async () => {
    const archive = Buffer.concat([SAMPLE, Buffer.alloc(10_240), Buffer.from("anything")]);
    expect((await again(archive)).equals(archive)).toBe(true);
  });
});

test("the lines are tar-split's: a segment before each entry, and an empty one at the end", async () => {
  const { path } = await split(tar(directory("d"), file("hi", "hi\n")));
  const entries = entriesIn(path);
  expect(entries.map(({ type }) => type)).toEqual([SEGMENT, FILE, SEGMENT, FILE, SEGMENT, SEGMENT]);
  expect(entries.map(({ position }) => position)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(entries[3]).toEqual({ type: FILE, name: "hi", size: 3, payload: "YUmYEAAAAAA=", position: 3 }); // as genuine dockerd has it
  expect(entries[5]).toEqual({ type: SEGMENT, payload: "", position: 5 });
});

describe("splitTar()", () => {
  test("refuses a name that occurs twice, in whatever way it is written", async () => {
    for (const second of ["f", "./f", "/f"]) {
      await expect(split(tar(file("f", "first"), file(second, "second")))).rejects.toThrow(InvalidArgument);
    }
  });

  test("refuses what is no tar, and one that ends in the middle", async () => {
    await expect(split(Buffer.alloc(1024, "garbage"))).rejects.toThrow(ArchiveError);
    await expect(split(SAMPLE.subarray(0, 3000))).rejects.toThrow(ArchiveError);
  });
});

describe("assembleTar()", () => {
  test("says which file is not as it was, or gone", async () => {
    const { path, root } = await split(SAMPLE);
    writeFileSync(join(root, "d/short"), "CONTENT");
    await expect(collect(assembleTar(path, root))).rejects.toThrow('file integrity checksum failed for "d/short"');
    rmSync(join(root, "d/short"));
    await expect(collect(assembleTar(path, root))).rejects.toThrow(DataLoss);
  });

  test("follows no link out of the layer", async () => {
    const { path, root } = await split(SAMPLE);
    const outside = temporaryDirectory();
    writeFileSync(join(outside, "short"), "content");
    rmSync(join(root, "d"), { recursive: true });
    symlinkSync(outside, join(root, "d"));
    await expect(collect(assembleTar(path, root))).rejects.toThrow(DataLoss);
  });

  test("says so when its own file is damaged", async () => {
    const { path, root } = await split(SAMPLE);
    writeFileSync(path, readFileSync(path).subarray(0, 100));
    await expect(collect(assembleTar(path, root))).rejects.toThrow(DataLoss);
  });
});
