import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { directory, file, member, tar } from "@eras/layers/archive-fixtures.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { sha256 } from "@eras/oci-spec/digest.ts";
import { errorKind, InvalidArgument, NotImplemented } from "@eras/oci-spec/errdefs.ts";
import {
  DOCKER_LAYER,
  DOCKER_LAYER_GZIP,
  OCI_CONFIG,
  OCI_LAYER,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
} from "@eras/oci-spec/image/media-types.ts";
import { beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { type Mount, mountAll, unmountAll } from "../../mounts.ts";
import type { ContentReader } from "../content/content-store.ts";
import { mounted, ownMounts, temporaryDirectory } from "../snapshots/mount-fixtures.ts";
import { openNative } from "../snapshots/native.ts";
import { openOverlay } from "../snapshots/overlay.ts";
import type { Snapshotter } from "../snapshots/snapshotter.ts";
import { applyLayer } from "./apply.ts";
import { removeLeftMounts } from "./mounted.ts";

let temporary: string;
beforeAll(ownMounts);
beforeEach(() => {
  temporary = join(temporaryDirectory(), "tmp");
});

function blobOf(bytes: Buffer, size = bytes.length): ContentReader {
  return { size, read: async (offset, length) => bytes.subarray(offset, offset + length), close: async () => {} };
}

const applyTo = (mounts: readonly Mount[], bytes: Buffer, mediaType: string = OCI_LAYER) =>
  applyLayer({ mediaType }, blobOf(bytes), mounts, temporary);

function open(kind: (root: string) => Snapshotter): Snapshotter {
  const snapshotter = kind(join(temporaryDirectory(), "root"));
  onTestFinished(() => snapshotter.close());
  return snapshotter;
}

test.each([
  [OCI_LAYER, (bytes: Buffer) => bytes],
  [OCI_LAYER_GZIP, gzipSync],
  [OCI_LAYER_ZSTD, zstdCompressSync],
  [DOCKER_LAYER, (bytes: Buffer) => bytes],
  [DOCKER_LAYER_GZIP, gzipSync],
])("applyLayer() unpacks %s and answers with the diffID", async (mediaType, compress) => {
  const mounts = await open(openOverlay).prepare("a", undefined);
  const layer = Buffer.concat([tar(directory("d"), file("d/f", "x".repeat(3_000_000))), Buffer.alloc(5000)]);
  const applied = await applyTo(mounts, compress(layer), mediaType);
  expect(applied).toEqual({ mediaType: OCI_LAYER, digest: sha256(layer), size: layer.length });
  await mounted(mounts, (root) => expect(lstatSync(join(root, "d/f")).size).toBe(3_000_000));
});

/** Three layers: files, then deletions and replacements, then more of the same. */
const LAYERS = [
  tar(
    member({ name: "etc/", type: "directory", mode: 0o750, uid: 3 }),
    file("etc/a", "1"),
    file("etc/b", "1"),
    file("opt/old/f"),
    file("var/lib/x"),
  ),
  tar(file("etc/.wh.a", ""), file("etc/c", "2"), file(".wh.opt", ""), file("opt/new", "2")),
  tar(file("var/.wh..wh..opq", ""), file("var/y", "3"), file("etc/b", "3"), file("etc/.wh.c", "")),
];
const RESULT = ["etc", "etc/b", "opt", "opt/new", "var", "var/y"];

test.each([
  ["overlayfs", openOverlay],
  ["native", openNative],
])("applyLayer() stacks layers in %s", async (_, kind) => {
  const snapshotter = open(kind);
  let parent: string | undefined;
  for (const [i, layer] of LAYERS.entries()) {
    await applyTo(await snapshotter.prepare(`extract-${i}`, parent), gzipSync(layer), OCI_LAYER_GZIP);
    parent = `layer-${i}`;
    await snapshotter.commit(parent, `extract-${i}`);
  }
  await mounted(await snapshotter.view("v", parent), (root) => {
    const paths = readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
    expect(paths).toEqual(RESULT);
    expect(readFileSync(join(root, "etc/b"), "utf8")).toBe("3");
    expect(lstatSync(join(root, "etc"))).toMatchObject({ mode: 0o40750, uid: 3 }); // no later layer says anything about it
  });
});

test("applyLayer() mounts what is no overlay and no bind, and unmounts it", async () => {
  const place = join(temporaryDirectory(), "place");
  mkdirSync(place);
  mountAll([{ type: "tmpfs", source: "tmpfs", options: [] }], place);
  onTestFinished(() => unmountAll(place));
  const [upper, work] = [join(place, "upper"), join(place, "work")];
  for (const path of [upper, work]) mkdirSync(path);
  const options = [`workdir=${work}`, `upperdir=${upper}`, `lowerdir=${place}`];
  const twice: Mount[] = [
    { type: "overlay", source: "overlay", options },
    { type: "bind", source: upper, options: ["rw", "rbind"] },
  ];
  await applyTo(twice, tar(file("f")));
  expect(readdirSync(upper)).toEqual(["f"]);
  const own = readMountinfo().filter(({ mountPoint }) => mountPoint.startsWith(temporary));
  expect(own).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
});

test("applyLayer() refuses what is no layer, what is damaged, and what is shorter than it was", async () => {
  const mounts = await open(openOverlay).prepare("a", undefined);
  await expect(applyTo(mounts, tar(), OCI_CONFIG)).rejects.toThrow(NotImplemented);
  await expect(applyTo(mounts, Buffer.alloc(5000, "x"))).rejects.toThrow(InvalidArgument);
  await expect(applyTo(mounts, tar(file("../f")))).rejects.toThrow(InvalidArgument);
  await expect(applyTo(mounts, gzipSync(tar(file("f"))).subarray(0, -9), OCI_LAYER_GZIP)).rejects.toThrow(
    InvalidArgument,
  );
  const layer = tar(file("f", "x".repeat(4000)));
  const short = applyLayer({ mediaType: OCI_LAYER }, blobOf(layer.subarray(0, 2048), layer.length), mounts, temporary);
  expect(await short.catch(errorKind)).toBe("DataLoss");
});

test("applyLayer() does not write through a read-only mount", async () => {
  const snapshotter = open(openOverlay);
  const mounts = await snapshotter.view("v", undefined);
  await expect(applyTo(mounts, tar(file("f")))).rejects.toThrow("EROFS");
  expect(readdirSync(temporary)).toEqual([]);
});

test("removeLeftMounts() takes away what a killed process left", async () => {
  const left = join(temporary, "mount-abcdef");
  mkdirSync(left, { recursive: true });
  mountAll([{ type: "tmpfs", source: "tmpfs", options: [] }], left);
  removeLeftMounts(temporary);
  expect(existsSync(left)).toBe(false);
  removeLeftMounts(join(temporary, "nowhere"));
});
