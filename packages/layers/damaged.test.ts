/** Archives that are damaged at random: an error or a tree, never a crash, a hang or a change outside. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apply } from "./apply.ts";
import { archiveTree } from "./archive.ts";
import { ArchiveError } from "./archive-error.ts";
import { chunksOf, directory, file, link, member, pax, symlink, tar, typed, unpack } from "./archive-fixtures.ts";
import { decodeName, encodeName } from "./file-name.ts";
import { removeTree } from "./remove-tree.ts";
import { describeTree, temporaryDirectory } from "./tree-fixtures.ts";

/** One of everything. */
const SMALL = tar(
  directory("./"),
  directory("d"),
  file("d/f", "content of a file"),
  member({
    name: `d/${"n".repeat(120)}`,
    mtimeNs: 1_500_000_000_500_000_000n,
    xattrs: new Map([["user.x", Buffer.from([0, 255])]]),
  }),
  Buffer.concat([typed("L", `${"l".repeat(110)}\0`), file("short", "x")]),
  Buffer.concat([pax({ "GNU.sparse.size": "5000", "GNU.sparse.map": "0,3,4000,2" }), file("sparse", "abcde")]),
  link("hard", "d/f"),
  symlink("soft", "d/f"),
  member({ name: "null", type: "character-device", deviceMajor: 1, deviceMinor: 3 }),
  file("d/.wh.gone", ""),
);

/** The archive's own end is two blocks; the first one is enough. */
const NEEDED_BYTES = SMALL.length - 512;

describe("apply() of a damaged archive", () => {
  test("refuses it truncated at any byte", { timeout: 120_000 }, async () => {
    const target = temporaryDirectory();
    for (let length = 0; length < NEEDED_BYTES; length++) {
      await expect(unpack(SMALL.subarray(0, length), target), `${length} bytes`).rejects.toBeInstanceOf(ArchiveError);
    }
    await unpack(SMALL.subarray(0, NEEDED_BYTES), target);
  });

  test("survives any bytes flipped, and changes nothing outside", { timeout: 120_000 }, async () => {
    const world = temporaryDirectory();
    mkdirSync(join(world, "outside"));
    writeFileSync(join(world, "outside/canary"), "alive");
    const before = describeTree(join(world, "outside"));
    const flips = fc.array(fc.tuple(fc.nat(SMALL.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(
        flips,
        fc.boolean(),
        fc.constantFrom("delete", "overlay", "aufs"),
        async (bytes, isRepaired, whiteouts) => {
          const archive = Buffer.from(SMALL);
          for (const [offset, mask] of bytes) archive[offset]! ^= mask;
          if (isRepaired) repairChecksums(archive);
          const target = join(world, "target");
          await unpack(archive, target, { whiteouts }).catch((error) => expect(error.message).toMatch(/^Cannot /));
          await removeTree(target);
          expect(describeTree(join(world, "outside"))).toEqual(before);
        },
      ),
      { numRuns: 1500 },
    );
  });
});

/** Makes the checksum right of every block that was one of SMALL's headers, so that the damage gets past it. */
function repairChecksums(archive: Buffer): void {
  for (let start = 0; start < archive.length; start += 512) {
    if (SMALL.toString("latin1", start + 257, start + 262) !== "ustar") continue;
    const block = archive.subarray(start, start + 512).fill(" ", 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  }
}

describe("apply() after archiveTree()", () => {
  const name = fc.stringMatching(/^[a-zé名 .%=-]{1,8}$/).filter((text) => text !== "." && text !== "..");
  const content = fc.uint8Array({ maxLength: 2000 });
  const metadata = fc.record({
    mode: fc.nat(0o7777),
    uid: fc.nat(2 ** 32 - 2),
    gid: fc.nat(2 ** 32 - 2),
    mtimeNs: fc.bigInt({ min: -(2n ** 31n) * 10n ** 9n, max: 2n ** 33n * 10n ** 9n }),
    value: fc.uint8Array({ maxLength: 100 }),
  });
  const leaf = fc.record({
    name: fc.array(name, { minLength: 1, maxLength: 4 }),
    content,
    metadata,
    isDirectory: fc.boolean(),
  });

  test("gives back any tree, in chunks of any size, and the same bytes again", { timeout: 120_000 }, async () => {
    const world = temporaryDirectory();
    await fc.assert(
      fc.asyncProperty(
        fc.array(leaf, { maxLength: 8 }),
        fc.integer({ min: 1, max: 3000 }),
        async (leaves, chunkBytes) => {
          const [source, copy] = [join(world, "source"), join(world, "copy")];
          await unpack(tar(...leaves.map(memberOf)), source).catch(() => {}); // a name may be a file's and a directory's
          const archive = Buffer.concat(await Array.fromAsync(archiveTree(source)));
          mkdirSync(copy);
          await apply(chunksOf(archive, chunkBytes), copy, { whiteouts: "delete" });
          expect(describeTree(copy)).toEqual(describeTree(source));
          expect(Buffer.concat(await Array.fromAsync(archiveTree(copy))).equals(archive)).toBe(true);
          await Promise.all([removeTree(source), removeTree(copy)]);
        },
      ),
      { numRuns: 150 },
    );
  });

  type Leaf = typeof leaf extends fc.Arbitrary<infer T> ? T : never;

  function memberOf({ name, content, metadata, isDirectory }: Leaf): Buffer {
    const { value, ...rest } = metadata;
    const entry = { name: name.join("/"), ...rest, xattrs: new Map([["user.random", Buffer.from(value)]]) };
    if (isDirectory) return member({ ...entry, type: "directory" });
    return Buffer.concat([
      member({ ...entry, size: content.length }),
      Buffer.from(content),
      Buffer.alloc(-content.length & 511),
    ]);
  }
});

describe("decodeName()", () => {
  test("is undone by encodeName() for any bytes", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => encodeName(decodeName(Buffer.from(bytes))).equals(bytes)));
  });

  test("keeps text readable", () => expect(decodeName(Buffer.from("名字/é"))).toBe("名字/é"));

  test("reads path components one by one", () => {
    expect(decodeName(Buffer.from("caf\xe9/\xc3\xa9", "latin1"))).toBe("caf\udce9/é");
  });
});
