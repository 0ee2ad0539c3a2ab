import { sha256 } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { describe, expect, test } from "vitest";
import { openStores } from "./fixtures.ts";
import { type ImageInit, Images } from "./images.ts";

const BUSYBOX: ImageInit = {
  name: "docker.io/library/busybox:latest",
  labels: { from: "here" },
  target: {
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    digest: sha256("busybox"),
    size: 7,
    annotations: { a: "1" },
  },
};

describe("Images", () => {
  test("keeps names for content", async () => {
    await using stores = await openStores();
    const images = new Images(stores.db);
    const created = images.create("test", BUSYBOX);
    expect(images.get("test", BUSYBOX.name)).toEqual(created);
    expect(created).toMatchObject(BUSYBOX);
    expect(() => images.create("test", BUSYBOX)).toThrow(AlreadyExists);
    expect(() => images.get("test", "other")).toThrow(new NotFound('image "other": not found'));
    expect(() => images.get("test", "x".repeat(10_000))).toThrow(NotFound);
  });

  test.each<[string, Partial<ImageInit["target"]>]>([
    ['Target.Digest "sha256:1" invalid', { digest: "sha256:1" }],
    ["Target.Size must be greater than zero", { size: 0 }],
    ["Target.MediaType must be set", { mediaType: "" }],
  ])("wants a target that can be found: %s", async (message, change) => {
    await using stores = await openStores();
    const create = () => new Images(stores.db).create("test", { ...BUSYBOX, target: { ...BUSYBOX.target, ...change } });
    expect(create).toThrow(InvalidArgument);
    expect(create).toThrow(message);
  });

  test("wants a name that can be stored", async () => {
    await using stores = await openStores();
    const images = new Images(stores.db);
    expect(() => images.create("test", { ...BUSYBOX, name: "" })).toThrow("Image.Name required");
    expect(() => images.create("test", { ...BUSYBOX, name: "x".repeat(10_000) })).toThrow(
      "a name of 10000 bytes is too long",
    );
    for (const name of ["\0", "a/b c", "é".repeat(1800), "\u{10ffff}"]) images.create("test", { ...BUSYBOX, name });
    expect(images.list("test")).toHaveLength(4);
    expect(images.get("test", "\0").name).toBe("\0");
  });

  test("changes what a mask names, or all", async () => {
    await using stores = await openStores();
    const images = new Images(stores.db);
    const { createdAt } = images.create("test", BUSYBOX);
    const target = { mediaType: "m/m", digest: sha256("new"), size: 3, annotations: { b: "2" } };
    const wanted = { name: BUSYBOX.name, labels: { more: "1" }, target };
    expect(images.update("test", wanted, ["labels.more"]).labels).toEqual({ from: "here", more: "1" });
    expect(images.update("test", wanted, ["annotations.b"]).target).toEqual({
      ...BUSYBOX.target,
      annotations: { a: "1", b: "2" },
    });
    expect(images.update("test", wanted, ["target"])).toMatchObject({ target, labels: { from: "here", more: "1" } });
    expect(() => images.update("test", wanted, ["name"])).toThrow(
      `cannot update "name" field on image "${BUSYBOX.name}"`,
    );
    expect(images.update("test", { ...wanted, labels: {} })).toMatchObject({ labels: {}, target, createdAt });
    expect(() => images.update("test", { ...wanted, name: "x" })).toThrow(NotFound);
    expect(() => images.update("test", { ...wanted, name: "" })).toThrow("Image.Name required");
  });

  test("lists by filters", async () => {
    await using stores = await openStores();
    const images = new Images(stores.db);
    images.create("test", BUSYBOX);
    images.create("test", { ...BUSYBOX, name: "other", labels: {} });
    const names = (...filters: string[]) => images.list("test", filters).map(({ name }) => name);
    expect(names(`name=="${BUSYBOX.name}"`)).toEqual([BUSYBOX.name]);
    expect(names(`target.digest==${BUSYBOX.target.digest},labels.from`)).toEqual([BUSYBOX.name]);
    expect(names("target.mediatype~=manifest,annotations.a==1")).toHaveLength(2);
  });
});
