import { AlreadyExists, FailedPrecondition, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { describe, expect, test } from "vitest";
import { Containers } from "./containers.ts";
import { openStores, writeBlob } from "./fixtures.ts";
import { Images } from "./images.ts";
import { Leases } from "./leases.ts";
import { Namespaces } from "./namespaces.ts";

const SPEC = { typeUrl: "spec", value: new Uint8Array() };

describe("Namespaces", () => {
  test("has what was created, once", async () => {
    await using stores = await openStores();
    const namespaces = new Namespaces(stores.db);
    namespaces.create("moby", { a: "1", gone: "" });
    namespaces.create("default");
    expect(namespaces.list()).toEqual(["default", "moby"]);
    expect(namespaces.labels("moby")).toEqual({ a: "1" });
    expect(namespaces.labels("other")).toEqual({});
    expect(() => namespaces.create("moby")).toThrow(new AlreadyExists('namespace "moby": already exists'));
  });

  test.each(["", ".", "..", "a/b", "-a", "a-", "a..b", "a b", "é", "a".repeat(77)])("refuses %j", async (name) => {
    await using stores = await openStores();
    expect(() => new Namespaces(stores.db).create(name)).toThrow(InvalidArgument);
    expect(new Namespaces(stores.db).list()).toEqual([]);
  });

  test("comes into being with what is stored in it", async () => {
    await using stores = await openStores();
    await writeBlob(stores.content, "x", { namespace: "implied" });
    expect(new Namespaces(stores.db).list()).toEqual(["implied"]);
  });

  test("changes labels, all or some", async () => {
    await using stores = await openStores();
    const namespaces = new Namespaces(stores.db);
    namespaces.create("moby", { a: "1", b: "2", "c.d": "3" });
    expect(namespaces.update("moby", { "c.d": "4", a: "" }, ["labels.c.d", "labels.a", "labels.b"])).toEqual({
      "c.d": "4",
    });
    expect(namespaces.update("moby", { e: "5" })).toEqual({ e: "5" });
    expect(() => namespaces.update("moby", {}, ["labels"])).toThrow(
      new InvalidArgument('cannot update "labels" field'),
    );
    expect(() => namespaces.update("moby", { e: "x".repeat(4096) })).toThrow(
      "namespace.Labels: label key and value greater than maximum size (4096 bytes), key: e",
    );
    expect(namespaces.labels("moby")).toEqual({ e: "5" });
  });

  test("can be deleted when nothing but leases is left", async () => {
    await using stores = await openStores();
    const namespaces = new Namespaces(stores.db);
    const containers = new Containers(stores.db);
    expect(() => namespaces.delete("test")).toThrow(new NotFound('namespace "test": not found'));
    const digest = await writeBlob(stores.content, "x");
    new Images(stores.db).create("test", { name: "i", target: { mediaType: "m/m", digest, size: 1 } });
    containers.create("test", { id: "c", runtime: { name: "r" }, spec: SPEC });
    new Leases(stores.db).create("test", { id: "l" });
    expect(() => namespaces.delete("test")).toThrow(
      new FailedPrecondition('namespace "test" must be empty, but it still has images, blobs, containers'),
    );
    new Images(stores.db).delete("test", "i");
    containers.delete("test", "c");
    await stores.content.in("test").delete(digest);
    namespaces.delete("test");
    expect(namespaces.list()).toEqual([]);
    expect(new Leases(stores.db).list("test")).toEqual([]);
  });

  test("keeps names apart", async () => {
    await using stores = await openStores();
    const containers = new Containers(stores.db);
    for (const namespace of ["a", "a.b", "ab"])
      containers.create(namespace, { id: "x", runtime: { name: namespace }, spec: SPEC });
    expect(containers.list("a").map(({ runtime }) => runtime.name)).toEqual(["a"]);
    containers.delete("a", "x");
    expect(containers.get("ab", "x").runtime.name).toBe("ab");
    expect(containers.list("a.b")).toHaveLength(1);
  });
});
