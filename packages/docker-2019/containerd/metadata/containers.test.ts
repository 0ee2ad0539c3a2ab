import { AlreadyExists, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unixNano } from "../../proto/timestamps.ts";
import { type ContainerInit, Containers } from "./containers.ts";
import { openStores } from "./fixtures.ts";

const WEB: ContainerInit = {
  id: "web",
  labels: { tier: "front", none: "" },
  image: "docker.io/library/nginx:latest",
  runtime: {
    name: "io.containerd.runc.v2",
    options: { typeUrl: "containerd.runc.v1.Options", value: Buffer.of(1, 2) },
  },
  spec: {
    typeUrl: "types.containerd.io/opencontainers/runtime-spec/1/Spec",
    value: Buffer.from('{"ociVersion":"1.0.2"}'),
  },
  snapshotter: "overlayfs",
  snapshotKey: "web",
  extensions: { mine: { typeUrl: "x", value: Buffer.of(0, 255) } },
};

describe("Containers", () => {
  test("keeps all that it was given, and when", async () => {
    await using stores = await openStores();
    const containers = new Containers(stores.db);
    const before = unixNano();
    const created = containers.create("test", WEB);
    const stored = containers.get("test", "web");
    expect(stored).toEqual(created);
    expect(stored).toMatchObject({ ...WEB, labels: { tier: "front" } });
    expect(stored.createdAt).toEqual(stored.updatedAt);
    expect(stored.createdAt).toBeGreaterThanOrEqual(before);
    expect(() => containers.create("test", WEB)).toThrow(new AlreadyExists('container "web": already exists'));
    expect(() => containers.get("other", "web")).toThrow(
      new NotFound('container "web" in namespace "other": not found'),
    );
  });

  test.each<[string, Partial<ContainerInit>]>([
    ["container.ID: identifier must not be empty", { id: "" }],
    ["container.ID: identifier", { id: "../x" }],
    ["container.Runtime.Name must be set", { runtime: { name: "" } }],
    [
      "container.Extension keys must not be zero-length",
      { extensions: { "": { typeUrl: "", value: new Uint8Array() } } },
    ],
    ["container.Snapshotter must be set if container.SnapshotKey is set", { snapshotter: "" }],
    ["containers.Labels: label key and value greater", { labels: { ["k".repeat(20)]: "x".repeat(4090) } }],
  ])("refuses what is wrong: %s", async (message, change) => {
    await using stores = await openStores();
    const create = () => new Containers(stores.db).create("test", { ...WEB, ...change });
    expect(create).toThrow(InvalidArgument);
    expect(create).toThrow(`create container failed validation: ${message}`);
  });

  test("refuses to be without a spec", async () => {
    await using stores = await openStores();
    const { spec: _, ...rest } = WEB;
    expect(() => new Containers(stores.db).create("test", rest)).toThrow("container.Spec must be set");
  });

  test("changes what a mask names, and nothing else", async () => {
    await using stores = await openStores();
    const containers = new Containers(stores.db);
    const created = containers.create("test", WEB);
    const wanted = { ...WEB, image: "other", labels: { tier: "", more: "1" }, snapshotKey: "web2" };
    const updated = containers.update("test", wanted, ["image", "labels.tier", "labels.more"]);
    expect(updated).toMatchObject({ image: "other", labels: { more: "1" }, snapshotKey: "web" });
    expect(updated.createdAt).toEqual(created.createdAt);
    expect(containers.update("test", wanted, ["snapshotkey"]).snapshotKey).toBe("web2");
    expect(() => containers.update("test", wanted, ["runtime"])).toThrow('cannot update "runtime" field on "web"');
    expect(containers.update("test", { ...WEB, extensions: {} }, ["extensions.mine"]).extensions).toEqual({});
  });

  test("without a mask replaces what may change, and refuses what may not", async () => {
    await using stores = await openStores();
    const containers = new Containers(stores.db);
    containers.create("test", WEB);
    const { labels: _, ...unlabelled } = WEB;
    expect(containers.update("test", unlabelled).labels).toEqual({});
    expect(() => containers.update("test", { ...WEB, snapshotter: "native" })).toThrow(
      new InvalidArgument("container.Snapshotter field is immutable"),
    );
    expect(() => containers.update("test", { ...WEB, runtime: { name: "r" } })).toThrow(
      "Runtime.Name field is immutable",
    );
    expect(() => containers.update("test", { ...WEB, id: "x" })).toThrow(NotFound);
  });

  test("lists by filters", async () => {
    await using stores = await openStores();
    const containers = new Containers(stores.db);
    for (const id of ["b", "a", "c"]) containers.create("test", { ...WEB, id, labels: { id } });
    const ids = (...filters: string[]) => containers.list("test", filters).map(({ id }) => id);
    expect(ids()).toEqual(["a", "b", "c"]);
    expect(ids("id==a", "labels.id==c")).toEqual(["a", "c"]);
    expect(ids("runtime.name~=runc,id!=a")).toEqual(["b", "c"]);
    expect(ids('image=="docker.io/library/nginx:latest"')).toHaveLength(3);
    expect(ids("spec")).toEqual([]);
    expect(() => ids("id=a")).toThrow(InvalidArgument);
  });

  test("forgets what is deleted", async () => {
    await using stores = await openStores();
    const containers = new Containers(stores.db);
    containers.create("test", WEB);
    containers.delete("test", "web");
    expect(() => containers.delete("test", "web")).toThrow(new NotFound("container web: not found"));
  });

  test("gives back any spec byte by byte, however many there are", async () => {
    await using stores = await openStores();
    const containers = new Containers(stores.db);
    const specs = fc.sample(fc.uint8Array({ maxLength: 20_000 }), 50);
    for (const [i, value] of specs.entries())
      containers.create("test", { ...WEB, id: `${i}`, spec: { typeUrl: "t", value } });
    const listed = containers.list("test");
    for (const { id, spec } of listed) expect(Buffer.from(spec.value).equals(specs[Number(id)]!)).toBe(true);
    expect(listed).toHaveLength(50);
  });
});
