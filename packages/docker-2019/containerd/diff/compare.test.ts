import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { chunksOf } from "@eras/layers/archive-fixtures.ts";
import { DEFAULT_LIMITS } from "@eras/layers/limits.ts";
import { readTar } from "@eras/layers/tar-reader.ts";
import { describeTree } from "@eras/layers/tree-fixtures.ts";
import { lsetxattr } from "@eras/linux/xattr.ts";
import { sha256 } from "@eras/oci-spec/digest.ts";
import { NotImplemented } from "@eras/oci-spec/errdefs.ts";
import {
  DOCKER_LAYER_GZIP,
  OCI_CONFIG,
  OCI_LAYER,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
} from "@eras/oci-spec/image/media-types.ts";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Mount } from "../../mounts.ts";
import { mounted, ownMounts, temporaryDirectory } from "../snapshots/mount-fixtures.ts";
import { openNative } from "../snapshots/native.ts";
import { openOverlay } from "../snapshots/overlay.ts";
import type { Snapshotter } from "../snapshots/snapshotter.ts";
import { applyLayer } from "./apply.ts";
import { compare } from "./compare.ts";

let temporary: string;
beforeAll(ownMounts);
beforeEach(() => {
  temporary = join(temporaryDirectory(), "tmp");
});

async function layerOf(before: readonly Mount[], after: readonly Mount[], mediaType?: string) {
  const pieces: Uint8Array[] = [];
  const writer = { write: async (piece: Uint8Array) => void pieces.push(piece) };
  const compared = await compare(before, after, { mediaType, writer, temporary });
  return { ...compared, bytes: Buffer.concat(pieces) };
}

function open(kind: (root: string) => Snapshotter): Snapshotter {
  const snapshotter = kind(join(temporaryDirectory(), "root"));
  onTestFinished(() => snapshotter.close());
  return snapshotter;
}

async function namesIn(layer: Buffer): Promise<string[]> {
  const members = await Array.fromAsync(readTar(chunksOf(layer), DEFAULT_LIMITS));
  return members.map(({ entry }) => entry.name);
}

async function committed(
  snapshotter: Snapshotter,
  name: string,
  parent: string | undefined,
  change: (root: string) => void,
): Promise<void> {
  await mounted(await snapshotter.prepare("making", parent), change);
  await snapshotter.commit(name, "making");
}

function makeBase(root: string): void {
  for (const path of ["etc", "opt/deep/er", "kept", "swapped", "emptied"])
    mkdirSync(join(root, path), { recursive: true });
  for (const name of [
    "etc/a",
    "etc/b",
    "etc/same",
    "opt/deep/er/f",
    "kept/f",
    "swapped/f",
    "emptied/f",
    "file",
    "moved",
  ])
    writeFileSync(join(root, name), name);
  utimesSync(join(root, "etc/same"), 1000, 1000); // a time in whole seconds, as from an archive
  utimesSync(join(root, "etc/b"), 1000, 1000);
  symlinkSync("a", join(root, "etc/link"));
}

function changeAll(root: string): void {
  writeFileSync(join(root, "etc/a"), "changed");
  writeFileSync(join(root, "etc/b"), "ETC/B"); // the same size …
  utimesSync(join(root, "etc/b"), 1000, 1000); // … and time
  chmodSync(join(root, "etc/same"), 0o600);
  chmodSync(join(root, "etc/same"), 0o644); // copied up, and equal again
  rmSync(join(root, "etc/link"));
  symlinkSync("b", join(root, "etc/link"));
  rmSync(join(root, "opt"), { recursive: true });
  rmSync(join(root, "swapped"), { recursive: true });
  writeFileSync(join(root, "swapped"), "a file now");
  rmSync(join(root, "file"));
  mkdirSync(join(root, "file/now a directory"), { recursive: true });
  rmSync(join(root, "emptied"), { recursive: true });
  mkdirSync(join(root, "emptied"));
  renameSync(join(root, "moved"), join(root, "kept/moved"));
  linkSync(join(root, "kept/moved"), join(root, "kept/second"));
  chownSync(join(root, "kept/f"), 5, 6);
  lsetxattr(join(root, "kept/f"), "user.note", Buffer.from([0, 255]));
  mkdirSync(join(root, "new/deep"), { recursive: true, mode: 0o700 });
}

describe.each([
  ["overlayfs", openOverlay],
  ["native", openNative],
])("compare() in %s", (_, kind) => {
  test("makes a layer that leads from the one tree to the other", async () => {
    const snapshotter = open(kind);
    await committed(snapshotter, "base", undefined, makeBase);
    await committed(snapshotter, "top", "base", changeAll);
    const [before, after] = [await snapshotter.view("before", "base"), await snapshotter.view("after", "top")];
    const { layer, bytes, diffId } = await layerOf(before, after);
    expect(layer).toEqual({ mediaType: OCI_LAYER_GZIP, digest: sha256(bytes), size: bytes.length });
    expect(diffId).toBe(sha256(gunzipSync(bytes)));
    const again = await snapshotter.prepare("again", "base");
    const blob = { size: bytes.length, read: async (from: number, n: number) => bytes.subarray(from, from + n) };
    await applyLayer(layer, { ...blob, close: async () => {} }, again, temporary);
    const [, ...wanted] = await mounted(after, describeTree);
    const [, ...applied] = await mounted(again, describeTree); // of the root itself a layer says nothing
    expect(applied).toEqual(wanted);
    const left = existsSync(temporary) ? readdirSync(temporary) : "nothing was mounted";
    expect(left).toEqual(kind === openOverlay ? "nothing was mounted" : []);
  });

  test("compares an active snapshot as it is now, and the first one with nothing", async () => {
    const snapshotter = open(kind);
    const active = await snapshotter.prepare("a", undefined);
    await mounted(active, (root) => writeFileSync(join(root, "f"), "x"));
    const nothing = await snapshotter.view("nothing", undefined);
    const { bytes } = await layerOf(nothing, active, OCI_LAYER);
    expect(await namesIn(bytes)).toEqual(["f"]);
    expect(await namesIn((await layerOf([], active, OCI_LAYER)).bytes)).toEqual(["f"]);
    await snapshotter.commit("A", "a");
    const same = await layerOf(await snapshotter.view("v", "A"), await snapshotter.prepare("b", "A"), OCI_LAYER);
    expect(same.bytes).toEqual(Buffer.alloc(1024)); // the end of an archive, and nothing before it
  });
});

test("compare() packs as the media type says, and refuses what is no layer", async () => {
  const active = await open(openOverlay).prepare("a", undefined);
  const plain = await layerOf([], active, OCI_LAYER);
  expect(plain.layer.digest).toBe(plain.diffId);
  const zstd = await layerOf([], active, OCI_LAYER_ZSTD);
  expect(zstdDecompressSync(zstd.bytes)).toEqual(plain.bytes);
  const docker = await layerOf([], active, DOCKER_LAYER_GZIP);
  expect(docker).toMatchObject({ layer: { mediaType: DOCKER_LAYER_GZIP }, diffId: plain.diffId });
  await expect(layerOf([], active, OCI_CONFIG)).rejects.toThrow(NotImplemented);
});

test("compare() gives up when the writer does", async () => {
  const active = await open(openOverlay).prepare("a", undefined);
  const writer = {
    write: async () => {
      throw new Error("no space left");
    },
  };
  await expect(compare([], active, { writer, temporary })).rejects.toThrow("no space left");
});
