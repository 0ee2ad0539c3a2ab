import { sha256 } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, InvalidArgument, NotFound, NotImplemented } from "@eras/oci-spec/errdefs.ts";
import { describe, expect, test } from "vitest";
import { openStores, writeBlob } from "./fixtures.ts";
import { Leases } from "./leases.ts";

describe("Leases", () => {
  test("exist until they are deleted", async () => {
    await using stores = await openStores();
    const leases = new Leases(stores.db);
    const lease = leases.create("test", {
      id: "1-aBcD",
      labels: { "containerd.io/gc.expire": "2030-01-01T00:00:00Z" },
    });
    expect(leases.list("test")).toEqual([lease]);
    expect(leases.list("test", ["id==other"])).toEqual([]);
    expect(leases.list("test", ['labels."containerd.io/gc.expire"~=^2030'])).toEqual([lease]);
    expect(() => leases.create("test", { id: "1-aBcD" })).toThrow(new AlreadyExists('lease "1-aBcD": already exists'));
    leases.delete("test", "1-aBcD");
    expect(() => leases.delete("test", "1-aBcD")).toThrow(new NotFound('lease "1-aBcD": not found'));
    expect(() => leases.create("test", { id: "" })).toThrow("lease id must be provided");
  });

  test("keep resources, sorted by their type", async () => {
    await using stores = await openStores();
    const leases = new Leases(stores.db);
    leases.create("test", { id: "l" });
    const resources = [
      { type: "content", id: sha256("x") },
      { type: "ingests", id: "some/ref" },
      { type: "snapshots/overlayfs", id: "key" },
    ];
    for (const resource of resources.toReversed()) leases.addResource("test", "l", resource);
    leases.addResource("test", "l", resources[0]!); // again
    expect(leases.listResources("test", "l")).toEqual(resources);
    leases.deleteResource("test", "l", resources[1]!);
    leases.deleteResource("test", "l", resources[1]!);
    expect(leases.listResources("test", "l")).toHaveLength(2);
    leases.delete("test", "l");
    leases.create("test", { id: "l" });
    expect(leases.listResources("test", "l")).toEqual([]);
    expect(() => leases.listResources("test", "x")).toThrow(NotFound);
    expect(() => leases.addResource("test", "x", resources[0]!)).toThrow(NotFound);
  });

  test.each([
    [{ type: "content", id: "x" }, InvalidArgument, "invalid content resource id x"],
    [{ type: "content/x", id: sha256("x") }, InvalidArgument, "invalid resource type content/x"],
    [{ type: "snapshots", id: "x" }, InvalidArgument, "invalid snapshot resource type snapshots"],
    [{ type: "snapshots/a/b", id: "x" }, InvalidArgument, "invalid snapshot resource type snapshots/a/b"],
    [{ type: "images", id: "x" }, NotImplemented, "resource type images not supported yet"],
  ])("refuse what they can't keep: %j", async (resource, kind, message) => {
    await using stores = await openStores();
    const leases = new Leases(stores.db);
    leases.create("test", { id: "l" });
    expect(() => leases.addResource("test", "l", resource)).toThrow(new kind(message));
    expect(() => leases.deleteResource("test", "l", resource)).toThrow(kind);
  });

  test("keep what is written under them, first the ingest, then the blob", async () => {
    await using stores = await openStores();
    const leases = new Leases(stores.db);
    leases.create("test", { id: "l" });
    const content = stores.content.in("test", { lease: "l" });
    const writer = await content.writer({ ref: "r" });
    expect(leases.listResources("test", "l")).toEqual([{ type: "ingests", id: "r" }]);
    await writer.write(Buffer.from("x"));
    await writer.commit({});
    expect(leases.listResources("test", "l")).toEqual([{ type: "content", id: sha256("x") }]);
    await content.delete(sha256("x"));
    expect(leases.listResources("test", "l")).toEqual([]);
  });

  test("keep also what was there already", async () => {
    await using stores = await openStores();
    const leases = new Leases(stores.db);
    leases.create("test", { id: "l" });
    const digest = await writeBlob(stores.content, "x");
    await expect(writeBlob(stores.content, "x", { lease: "l" })).rejects.toThrow(AlreadyExists);
    const expecting = stores.content.in("test", { lease: "l" }).writer({ ref: "r", expected: digest });
    await expect(expecting).rejects.toThrow(AlreadyExists);
    expect(leases.listResources("test", "l")).toEqual([{ type: "content", id: digest }]);
  });

  test("must exist for what is written under them", async () => {
    await using stores = await openStores();
    const writing = stores.content.in("test", { lease: "gone" }).writer({ ref: "r" });
    await expect(writing).rejects.toThrow(new NotFound("lease does not exist: not found"));
    expect(await stores.content.in("test").listStatuses()).toEqual([]);
  });
});
