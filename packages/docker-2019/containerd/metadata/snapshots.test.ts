import { join } from "node:path";
import { AlreadyExists, FailedPrecondition, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { describe, expect, test } from "vitest";
import { openNative } from "../snapshots/native.ts";
import { openStores } from "./fixtures.ts";
import { Leases } from "./leases.ts";
import { MetadataSnapshotter } from "./snapshots.ts";

async function openSnapshots() {
  const stores = await openStores();
  const backend = openNative(join(stores.root, "native"));
  return {
    ...stores,
    backend,
    snapshotter: new MetadataSnapshotter(stores.db, "native", backend),
    async [Symbol.asyncDispose]() {
      await backend.close();
      await stores[Symbol.asyncDispose]();
    },
  };
}

describe("NamespaceSnapshotter", () => {
  test("gives the keys of a namespace names of their own in the snapshotter", async () => {
    await using all = await openSnapshots();
    const [a, b] = [all.snapshotter.in("a"), all.snapshotter.in("b")];
    const mounts = await a.prepare("key", undefined, { mine: "1", "containerd.io/snapshot/x": "2", none: "" });
    expect(await b.prepare("key", undefined)).not.toEqual(mounts);
    expect(await a.mounts("key")).toEqual(mounts);
    expect(await a.stat("key")).toMatchObject({
      kind: "active",
      name: "key",
      labels: { mine: "1", "containerd.io/snapshot/x": "2" },
    });
    const stored = await Array.fromAsync(all.backend.walk());
    expect(stored.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^a\/\d+\/key$/),
      expect.stringMatching(/^b\/\d+\/key$/),
    ]);
    expect(stored[0]!.labels).toEqual({ "containerd.io/snapshot/x": "2" }); // the others are the namespace's affair
  });

  test("stacks and commits", async () => {
    await using all = await openSnapshots();
    const snapshots = all.snapshotter.in("test");
    await snapshots.prepare("extract/1", undefined);
    await snapshots.commit("sha256:a", "extract/1", { done: "yes" });
    await snapshots.prepare("extract/2", "sha256:a");
    await snapshots.commit("sha256:b", "extract/2");
    await snapshots.view("look", "sha256:b");
    const infos = await Array.fromAsync(snapshots.walk());
    expect(infos.map(({ kind, name, parent }) => [kind, name, parent])).toEqual([
      ["view", "look", "sha256:b"],
      ["committed", "sha256:a", undefined],
      ["committed", "sha256:b", "sha256:a"],
    ]);
    expect((await snapshots.stat("sha256:a")).labels).toEqual({ done: "yes" });
    expect(await Array.fromAsync(snapshots.walk(["kind==view", 'parent=="sha256:a"']))).toHaveLength(2);
    expect((await snapshots.usage("sha256:a")).inodes).toBeGreaterThan(0);
  });

  test("refuses what can't be", async () => {
    await using all = await openSnapshots();
    const snapshots = all.snapshotter.in("test");
    await snapshots.prepare("a", undefined);
    await expect(snapshots.prepare("a", undefined)).rejects.toThrow(new AlreadyExists('snapshot "a": already exists'));
    await expect(snapshots.prepare("b", "x")).rejects.toThrow(
      new NotFound("parent snapshot x does not exist: not found"),
    );
    await expect(snapshots.prepare("b", "a")).rejects.toThrow(InvalidArgument); // not committed
    await expect(snapshots.prepare("b", undefined, { l: "x".repeat(4096) })).rejects.toThrow(
      "info.Labels: label key and value",
    );
    for (const call of [
      snapshots.stat("x"),
      snapshots.mounts("x"),
      snapshots.usage("x"),
      snapshots.remove("x"),
      snapshots.commit("n", "x"),
    ])
      await expect(call).rejects.toThrow(new NotFound("snapshot x does not exist: not found"));
    await snapshots.commit("c", "a");
    await expect(snapshots.prepare("c", undefined)).rejects.toThrow(AlreadyExists);
    await snapshots.prepare("child", "c");
    await expect(snapshots.commit("c", "child")).rejects.toThrow(AlreadyExists);
    await expect(snapshots.remove("c")).rejects.toThrow(new FailedPrecondition("cannot remove snapshot with child"));
    await expect(all.snapshotter.in("other").prepare("d", "c")).rejects.toThrow(NotFound);
    const wanted = { "containerd.io/snapshot.ref": "c" };
    await expect(snapshots.prepare("e", undefined, wanted)).rejects.toThrow(AlreadyExists); // it is there already
  });

  test("changes labels", async () => {
    await using all = await openSnapshots();
    const snapshots = all.snapshotter.in("test");
    await snapshots.prepare("a", undefined, { x: "1", "containerd.io/snapshot/y": "2" });
    const updated = await snapshots.update("a", { x: "", "containerd.io/snapshot/y": "3" }, [
      "labels.x",
      "labels.containerd.io/snapshot/y",
    ]);
    expect(updated.labels).toEqual({ "containerd.io/snapshot/y": "3" });
    expect((await Array.fromAsync(all.backend.walk()))[0]!.labels).toEqual({ "containerd.io/snapshot/y": "3" });
    expect((await snapshots.update("a", { z: "4" })).labels).toEqual({ z: "4" });
    await expect(snapshots.update("a", {}, ["parent"])).rejects.toThrow(
      new InvalidArgument('cannot update "parent" field on snapshot "a"'),
    );
  });

  test("puts what is made under a lease", async () => {
    await using all = await openSnapshots();
    const leases = new Leases(all.db);
    leases.create("test", { id: "l" });
    const snapshots = all.snapshotter.in("test", { lease: "l" });
    await snapshots.prepare("extract", undefined);
    expect(leases.listResources("test", "l")).toEqual([{ type: "snapshots/native", id: "extract" }]);
    await snapshots.commit("chain", "extract");
    expect(leases.listResources("test", "l")).toEqual([{ type: "snapshots/native", id: "chain" }]);
    await snapshots.remove("chain");
    expect(leases.listResources("test", "l")).toEqual([]);
    await expect(all.snapshotter.in("test", { lease: "x" }).prepare("y", undefined)).rejects.toThrow(NotFound);
    expect(await Array.fromAsync(snapshots.walk())).toEqual([]);
  });

  test("leaves the files of what is removed to the sweep", async () => {
    await using all = await openSnapshots();
    const snapshots = all.snapshotter.in("test");
    await snapshots.prepare("a", undefined);
    await snapshots.remove("a");
    await snapshots.prepare("a", undefined); // another one
    expect(await Array.fromAsync(all.backend.walk())).toHaveLength(2);
    expect(await all.snapshotter.sweep()).toHaveLength(1);
    expect((await snapshots.mounts("a")).length).toBe(1);
  });

  test("lets of two that make the same key at once one succeed", async () => {
    await using all = await openSnapshots();
    const snapshots = all.snapshotter.in("test");
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => snapshots.prepare("a", undefined)));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected", "rejected"]);
    await all.snapshotter.sweep();
    expect(await Array.fromAsync(all.backend.walk())).toHaveLength(1);
  });
});
