import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { chunksOf, collect, directory, file, tar } from "@eras/layers/archive-fixtures.ts";
import { chainId } from "@eras/oci-spec/chain-id.ts";
import { digestEncoded, sha256 } from "@eras/oci-spec/digest.ts";
import { InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { GraphDriver } from "../graphdriver/driver.ts";
import { ownMounts, temporaryDirectory } from "../graphdriver/fixtures.ts";
import { openOverlay2 } from "../graphdriver/overlay2.ts";
import { LayerStore } from "./layer-store.ts";

const BOTTOM = tar(directory("d"), file("d/one", "1"));
const UPPER = tar(directory("d"), file("d/.wh.one", ""), file("two", "22"));

let root: string;
let driver: GraphDriver;
let layers: LayerStore;

beforeAll(ownMounts);
beforeEach(async () => {
  root = temporaryDirectory();
  driver = openOverlay2(join(root, "overlay2"));
  layers = await open();
});

const open = () => LayerStore.open(join(root, "layerdb"), driver);
const filesOf = (chainId: string) => join(root, "layerdb/sha256", digestEncoded(chainId as `sha256:${string}`));

describe("register()", () => {
  test("makes a layer of a tar, with Docker's files", async () => {
    const bottom = await layers.register(chunksOf(BOTTOM));
    const upper = await layers.register(chunksOf(UPPER), bottom.chainId);
    expect(upper.chainId).toBe(chainId([sha256(BOTTOM), sha256(UPPER)]));
    const read = (name: string) => readFileSync(join(filesOf(upper.chainId), name), "utf8");
    expect(readdirSync(filesOf(upper.chainId)).sort()).toEqual([
      "cache-id",
      "diff",
      "parent",
      "size",
      "tar-split.json.gz",
    ]);
    expect([read("diff"), read("parent"), read("size")]).toEqual([sha256(UPPER), bottom.chainId, "2"]);
    expect(driver.exists(read("cache-id"))).toBe(true);
    expect(layers.stackBytes(upper.chainId)).toBe(3);
  });

  test("takes a compressed tar, and gives the plain one again", async () => {
    const layer = await layers.register(chunksOf(gzipSync(BOTTOM)));
    expect(layer.diffId).toBe(sha256(BOTTOM));
    expect((await collect(layers.tar(layer))).equals(BOTTOM)).toBe(true);
  });

  test("makes one layer of two that are the same, at the same time too", async () => {
    const [one, other] = await Promise.all([layers.register(chunksOf(BOTTOM)), layers.register(chunksOf(BOTTOM))]);
    expect(one).toEqual(other);
    expect(driver.ids()).toEqual([one.cacheId]);
    expect(await layers.release(one.chainId)).toEqual([]);
    expect(await layers.release(one.chainId)).toEqual([one.chainId]);
  });

  test("leaves nothing of a tar that is damaged, or has no parent", async () => {
    const bottom = await layers.register(chunksOf(BOTTOM));
    await expect(layers.register(chunksOf(BOTTOM.subarray(0, 700)), bottom.chainId)).rejects.toThrow(InvalidArgument);
    await expect(layers.register(chunksOf(UPPER), sha256("nothing"))).rejects.toThrow(NotFound);
    expect(driver.ids()).toEqual([bottom.cacheId]);
    expect(readdirSync(join(root, "layerdb/tmp"))).toEqual([]);
    expect(await layers.release(bottom.chainId)).toEqual([bottom.chainId]);
  });

  test("takes 125 layers and no more", async () => {
    let parent = (await layers.register(chunksOf(tar(file("0"))))).chainId;
    for (let i = 1; i < 125; i++) parent = (await layers.register(chunksOf(tar(file(`${i}`))), parent)).chainId;
    await expect(layers.register(chunksOf(UPPER), parent)).rejects.toThrow("max depth exceeded");
  });
});

describe("release()", () => {
  test("removes what nobody uses, from the top down to what is used", async () => {
    const bottom = await layers.register(chunksOf(BOTTOM));
    const upper = await layers.register(chunksOf(UPPER), bottom.chainId);
    expect(await layers.release(bottom.chainId)).toEqual([]);
    expect(await layers.release(upper.chainId)).toEqual([upper.chainId, bottom.chainId]);
    expect(driver.ids()).toEqual([]);
    expect(readdirSync(join(root, "layerdb/sha256"))).toEqual([]);
  });

  test("is a bug of whoever releases what he doesn't hold", async () => {
    const bottom = await layers.register(chunksOf(BOTTOM));
    await layers.release(bottom.chainId);
    await expect(layers.release(bottom.chainId)).rejects.toThrow("nobody holds it");
  });
});

describe("a restart", () => {
  test("finds the layers, and removes those that nobody says he uses", async () => {
    const bottom = await layers.register(chunksOf(BOTTOM));
    const upper = await layers.register(chunksOf(UPPER), bottom.chainId);
    layers = await open();
    expect(
      layers
        .all()
        .map((layer) => layer.chainId)
        .sort(),
    ).toEqual([bottom.chainId, upper.chainId].sort());
    layers.hold(bottom.chainId);
    expect(await layers.removeUnused()).toEqual([upper.chainId]);
    expect((await collect(layers.tar(bottom))).equals(BOTTOM)).toBe(true);
  });

  test("removes what was being made, and what was being removed", async () => {
    const bottom = await layers.register(chunksOf(BOTTOM));
    const begun = "b".repeat(64);
    await driver.create(begun);
    mkdirSync(join(root, "layerdb/tmp/write-set-1"));
    writeFileSync(join(root, "layerdb/tmp/write-set-1/cache-id"), begun);
    const ending = "e".repeat(64);
    await driver.create(ending);
    mkdirSync(`${filesOf(bottom.chainId)}-x-removing`);
    writeFileSync(`${filesOf(bottom.chainId)}-x-removing/cache-id`, ending);
    layers = await open();
    expect(driver.ids()).toEqual([bottom.cacheId]);
    expect(readdirSync(join(root, "layerdb/tmp"))).toEqual([]);
    expect(layers.all()).toEqual([bottom]);
  });

  test("takes no name of a tree from a file that could lead elsewhere", async () => {
    mkdirSync(join(root, "victim"));
    mkdirSync(join(root, "layerdb/tmp/write-set-1"));
    writeFileSync(join(root, "layerdb/tmp/write-set-1/cache-id"), "../victim");
    layers = await open();
    expect(existsSync(join(root, "victim"))).toBe(true);
  });
});
