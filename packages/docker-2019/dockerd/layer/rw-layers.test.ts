import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chunksOf, collect, directory, file, symlink, tar, unpack } from "@eras/layers/archive-fixtures.ts";
import { AlreadyExists, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { GraphDriver } from "../graphdriver/driver.ts";
import { ownMounts, temporaryDirectory } from "../graphdriver/fixtures.ts";
import { openGraphDriver } from "../graphdriver/open.ts";
import { fillInitLayer } from "./init-layer.ts";
import { type Layer, LayerStore } from "./layer-store.ts";
import { RwLayers } from "./rw-layers.ts";

beforeAll(ownMounts);

const ID = "c".repeat(64);

describe.for(["overlay2", "vfs"])("containers' layers on %s", (driverName) => {
  let root: string;
  let driver: GraphDriver;
  let layers: LayerStore;
  let containers: RwLayers;
  let image: Layer;

  beforeEach(async () => {
    root = temporaryDirectory();
    driver = openGraphDriver(root, driverName);
    await open();
    image = await layers.register(chunksOf(tar(directory("bin"), file("bin/sh", "#!"), file("gone"))));
  });

  async function open(): Promise<void> {
    layers = await LayerStore.open(join(root, "layerdb"), driver);
    containers = new RwLayers(join(root, "layerdb"), layers);
  }

  const create = () => containers.create(ID, image.chainId, { init: fillInitLayer });

  function inside<T>(act: (root: string) => T): T {
    try {
      return act(containers.mount(ID));
    } finally {
      containers.unmount(ID);
    }
  }

  test("lie on the image and an init layer, with Docker's files", async () => {
    const layer = await create();
    const read = (name: string) => readFileSync(join(root, "layerdb/mounts", ID, name), "utf8");
    expect([read("mount-id"), read("init-id"), read("parent")]).toEqual([
      layer.mountId,
      `${layer.mountId}-init`,
      image.chainId,
    ]);
    inside((at) => {
      expect(readdirSync(at).sort()).toEqual([".dockerenv", "bin", "dev", "etc", "gone", "proc", "sys"]);
      expect(readdirSync(join(at, "etc")).sort()).toEqual(["hostname", "hosts", "mtab", "resolv.conf"]);
      expect(readlinkSync(join(at, "etc/mtab"))).toBe("/proc/mounts");
      expect(readdirSync(join(at, "dev")).sort()).toEqual(["console", "pts", "shm"]);
      expect(statSync(join(at, ".dockerenv")).mode & 0o777).toBe(0o755);
    });
  });

  test("tell what the container changed, and not what the init layer has", async () => {
    await create();
    expect(await containers.changes(ID)).toEqual([]);
    inside((at) => {
      writeFileSync(join(at, "new"), "12345");
      rmSync(join(at, "gone"));
    });
    expect((await containers.changes(ID)).map(({ kind, path }) => `${kind} ${path}`).sort()).toEqual([
      "A /new",
      "D /gone",
    ]);
    expect(await containers.size(ID)).toEqual({ rwBytes: 5, rootFsBytes: 5 + layers.stackBytes(image.chainId) });
  });

  test("become a layer of their own by commit: diff, then register", async () => {
    await create();
    inside((at) => {
      writeFileSync(join(at, "new"), "");
      rmSync(join(at, "gone"));
    });
    const committed = await layers.register(containers.diff(ID), image.chainId);
    expect(readdirSync(driver.get(committed.cacheId)).sort()).toEqual(["bin", "new"]);
    driver.put(committed.cacheId);
  });

  test("can be had whole, as a tar", async () => {
    await create();
    const exported = temporaryDirectory();
    await unpack(await collect(containers.export(ID)), exported);
    expect(readFileSync(join(exported, "bin/sh"), "utf8")).toBe("#!");
    expect(readdirSync(exported)).toContain(".dockerenv");
  });

  test("hold their image's layers until they are removed, over a restart too", async () => {
    await create();
    await layers.release(image.chainId);
    await open();
    expect(await layers.removeUnused()).toEqual([]);
    expect(inside((at) => readFileSync(join(at, "bin/sh"), "utf8"))).toBe("#!");
    expect(await containers.remove(ID)).toEqual([image.chainId]);
    expect(driver.ids()).toEqual([]);
    expect(readdirSync(join(root, "layerdb/mounts"))).toEqual([]);
  });

  test("need no image", async () => {
    await containers.create(ID, undefined, { init: fillInitLayer });
    expect(inside((at) => readdirSync(at).sort())).toEqual([".dockerenv", "dev", "etc", "proc", "sys"]);
    expect(await containers.changes(ID)).toEqual([]);
  });

  test("are refused for a name that is taken, a missing image, an unknown option; and nothing is left", async () => {
    const layer = await create();
    await expect(create()).rejects.toThrow(AlreadyExists);
    const other = "d".repeat(64);
    await expect(containers.create(other, "sha256:none")).rejects.toThrow(NotFound);
    const storageOptions = { size: "1G" };
    await expect(containers.create(other, image.chainId, { init: fillInitLayer, storageOptions })).rejects.toThrow(
      InvalidArgument,
    );
    expect(driver.ids().sort()).toEqual([image.cacheId, layer.mountId, layer.initId!].sort());
    expect(() => containers.mount(other)).toThrow(NotFound);
    expect(readdirSync(join(root, "layerdb/tmp"))).toEqual([]);
  });
});

test("fillInitLayer() doesn't go where an image's links lead", async () => {
  const outside = temporaryDirectory();
  mkdirSync(join(outside, "pts"));
  const root = temporaryDirectory();
  await unpack(
    tar(symlink("etc", outside), symlink("dev", outside), symlink(".dockerenv", join(outside, "made"))),
    root,
  );
  fillInitLayer(root);
  expect(readdirSync(outside)).toEqual(["pts"]);
  expect(readdirSync(join(root, "etc")).sort()).toEqual(["hostname", "hosts", "mtab", "resolv.conf"]);
});
