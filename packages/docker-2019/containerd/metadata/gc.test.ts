import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Digest, sha256 } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, NotFound } from "@eras/oci-spec/errdefs.ts";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { unixNano } from "../../proto/timestamps.ts";
import { openNative } from "../snapshots/native.ts";
import type { Containers } from "./containers.ts";
import { openStores, writeBlob } from "./fixtures.ts";
import { GarbageCollector } from "./gc.ts";
import { labelsOf, leaseLabels, type Picture, pictures, snapshotKey, whatStays } from "./gc-picture.ts";
import { Images } from "./images.ts";
import { Leases } from "./leases.ts";
import type { Tables } from "./schema.ts";
import { MetadataSnapshotter } from "./snapshots.ts";

const MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json";

/** Stores, a snapshotter and a collector over them. */
async function openAll() {
  const stores = await openStores();
  const backend = openNative(join(stores.root, "native"));
  const snapshotter = new MetadataSnapshotter(stores.db, "native", backend);
  const collector = new GarbageCollector(stores.db, { content: stores.content, snapshotters: [snapshotter] });
  return {
    ...stores,
    backend,
    snapshotter,
    collector,
    images: new Images(stores.db),
    leases: new Leases(stores.db),
    async [Symbol.asyncDispose]() {
      await backend.close();
      await stores[Symbol.asyncDispose]();
    },
  };
}

describe("GarbageCollector", () => {
  test("collects what no image, container, lease or label keeps, and the bytes with it", async () => {
    await using all = await openAll();
    const config = await writeBlob(all.content, "config");
    const layer = await writeBlob(all.content, "layer");
    const labels = { "containerd.io/gc.ref.content.config": config, "containerd.io/gc.ref.content.l.0": layer };
    const manifest = await writeBlob(all.content, "manifest", { labels });
    const pinned = await writeBlob(all.content, "pinned", { labels: { "containerd.io/gc.root": "now" } });
    await writeBlob(all.content, "orphan");
    all.images.create("test", { name: "i", target: { mediaType: MEDIA_TYPE, digest: manifest, size: 8 } });
    const stored = async () => new Set((await Array.fromAsync(all.store.walk())).map(({ digest }) => digest));

    expect((await all.collector.collect()).sweptDigests).toEqual([sha256("orphan")]);
    expect(await stored()).toEqual(new Set([config, layer, manifest, pinned]));
    all.images.delete("test", "i");
    await all.collector.collect();
    expect(await stored()).toEqual(new Set([pinned]));
  });

  test("collects snapshots, children first", async () => {
    await using all = await openAll();
    const snapshots = all.snapshotter.in("test");
    await snapshots.prepare("making", undefined);
    await snapshots.commit("layer 1", "making");
    await snapshots.prepare("making", "layer 1");
    await snapshots.commit("layer 2", "making");
    await snapshots.prepare("web", "layer 2", { "containerd.io/gc.root": "yes" });
    await snapshots.view("look", "layer 2");
    expect((await all.collector.collect()).sweptSnapshots).toEqual([expect.stringMatching(/^test\/\d+\/look$/)]);
    expect((await Array.fromAsync(snapshots.walk())).map(({ name }) => name)).toEqual(["layer 1", "layer 2", "web"]);
    await snapshots.remove("web");
    expect((await all.collector.collect()).sweptSnapshots).toHaveLength(3);
    expect(await Array.fromAsync(all.backend.walk())).toEqual([]);
  });

  test("sweeps what a crash has left without a record", async () => {
    await using all = await openAll();
    const writer = await all.store.writer({ ref: "test/1/lost" });
    await writer.write(Buffer.from("x"));
    await writer.commit({});
    await (await all.store.writer({ ref: "test/2/lost" })).close();
    await all.backend.prepare("test/3/lost", undefined);
    const { sweptDigests, sweptSnapshots, removed } = await all.collector.collect();
    expect([sweptDigests, sweptSnapshots, removed]).toEqual([[sha256("x")], ["test/3/lost"], []]);
    expect(await all.store.listStatuses()).toEqual([]);
  });

  test("keeps what is kept by a lease, until it expires", async () => {
    await using all = await openAll();
    const expiring = new Date(Date.now() + 3_600_000);
    all.leases.create("test", { id: "l", labels: { "containerd.io/gc.expire": expiring.toISOString() } });
    all.leases.create("test", { id: "odd", labels: { "containerd.io/gc.expire": "tomorrow" } });
    const digest = await writeBlob(all.content, "x", { lease: "l" });
    const odd = await writeBlob(all.content, "y", { lease: "odd" });
    expect((await all.collector.collect()).removed).toEqual([]);
    vi.setSystemTime(expiring.getTime() + 1);
    onTestFinished(() => void vi.useRealTimers());
    const { removed } = await all.collector.collect();
    expect(removed.map(({ type, key }) => [type, ...key])).toEqual([
      ["lease", "l"],
      ["content", digest],
    ]);
    expect((await all.content.in("test").info(odd)).size).toBe(1);
  });

  test("keeps an ingest that rests no longer than a day, is leased, or is being written", async () => {
    await using all = await openAll();
    all.leases.create("test", { id: "l" });
    const [plain, leased] = [all.content.in("test"), all.content.in("test", { lease: "l" })];
    await (await plain.writer({ ref: "young" })).close();
    await (await plain.writer({ ref: "old" })).close();
    await (await leased.writer({ ref: "leased" })).close();
    const writing = await leased.writer({ ref: "writing" });
    all.db.update(({ ingests }) => {
      ingests.put(["test", "old"], { ...ingests.get(["test", "old"])!, expiresAt: new Date(Date.now() - 1) });
    });
    const refs = async () => (await all.store.listStatuses()).map(({ ref }) => ref.split("/")[2]).toSorted();
    await all.collector.collect();
    expect(await refs()).toEqual(["leased", "writing", "young"]);
    all.leases.delete("test", "l");
    await all.collector.collect();
    expect(await refs()).toEqual(["writing", "young"]);
    await writing.write(Buffer.from("x"));
    await all.collector.collect();
    await expect(writing.commit({})).rejects.toThrow(new NotFound("lease does not exist: not found"));
  });

  test("is asked for once more when an ingest is closed that it had to leave alone", async () => {
    await using all = await openAll();
    all.leases.create("test", { id: "l" });
    const writing = await all.content.in("test", { lease: "l" }).writer({ ref: "r" });
    all.leases.delete("test", "l");
    await all.collector.collect();
    expect(all.db.isDirty).toBe(false);
    await writing.close();
    expect(all.db.isDirty).toBe(true);
    await all.collector.collect();
    expect(await all.store.listStatuses()).toEqual([]);
  });

  test("keeps apart what the same digest means to different namespaces", async () => {
    await using all = await openAll();
    const digest = await writeBlob(all.content, "x", { namespace: "a", labels: { "containerd.io/gc.root": "1" } });
    await writeBlob(all.content, "x", { namespace: "b" });
    const { removed, sweptDigests } = await all.collector.collect();
    expect(removed).toEqual([{ type: "content", namespace: "b", key: [digest] }]);
    expect(sweptDigests).toEqual([]);
  });

  test("keeps what a search of the whole picture keeps", async () => {
    await using all = await openAll();
    await fc.assert(
      fc.asyncProperty(pictures, async (picture) => {
        all.db.update((tables) => draw(tables, picture));
        await new GarbageCollector(all.db, { content: all.content, snapshotters: [] }).collect();
        expect(left(all.db.tables)).toEqual(whatStays(picture));
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  test("takes nothing away from clients at work, and leaves no garbage of theirs", async () => {
    await using all = await openAll();
    let working = true;
    const collecting = (async () => {
      while (working) await all.collector.collect().then(nextTurn);
    })();
    await Promise.all(["a", "b", "c"].map((client) => pullAgainAndAgain(all, client)));
    working = false;
    await collecting;
    await all.collector.collect();
    expect(await Array.fromAsync(all.store.walk())).toEqual([]);
    expect(await Array.fromAsync(all.backend.walk())).toEqual([]);
  }, 60_000);
});

/** As a client pulls, unpacks and removes: everything under a lease, until an image keeps it. */
async function pullAgainAndAgain(all: Awaited<ReturnType<typeof openAll>>, namespace: string): Promise<void> {
  for (let round = 0; round < 8; round++) {
    all.leases.create(namespace, { id: "pull" });
    const lease = { namespace, lease: "pull" };
    const layer = await pullBlob(all, "the same layer for all", lease);
    const snapshots = all.snapshotter.in(namespace, lease);
    await snapshots.prepare("extract", undefined);
    await snapshots.commit(`chain ${round}`, "extract");
    const config = await pullBlob(all, `config of ${namespace} ${round}`, {
      ...lease,
      labels: { "containerd.io/gc.ref.snapshot.native": `chain ${round}` },
    });
    const labels = { "containerd.io/gc.ref.content.config": config, "containerd.io/gc.ref.content.l.0": layer };
    const manifest = await pullBlob(all, `manifest of ${namespace} ${round}`, { ...lease, labels });
    all.images.create(namespace, { name: "i", target: { mediaType: MEDIA_TYPE, digest: manifest, size: 1 } });
    all.leases.delete(namespace, "pull");
    await nextTurn();
    for (const digest of [layer, config, manifest]) await (await all.content.in(namespace).reader(digest)).close();
    await snapshots.stat(`chain ${round}`);
    await all.snapshotter.in(namespace).view(`look ${round}`, `chain ${round}`);
    all.images.delete(namespace, "i");
  }
}

async function pullBlob(
  { content }: Awaited<ReturnType<typeof openAll>>,
  text: string,
  options: Parameters<typeof writeBlob>[2] & { lease: string; namespace: string },
): Promise<Digest> {
  await writeBlob(content, text, options).catch(async (error) => {
    if (!(error instanceof AlreadyExists)) throw error;
    await content.in(options.namespace, options).update(sha256(text), options.labels ?? {});
  });
  return sha256(text);
}

const contentDigest = (i: number) => sha256(`content ${i}`);

/** Draws a picture over whatever there was. */
function draw(tables: Tables, { content, snapshots, images, containers, leases }: Picture): void {
  for (const table of Object.values(tables) as Tables["blobs"][]) table.clearSync();
  const times = { createdAt: unixNano(), updatedAt: unixNano() };
  const labelled = (marks: Picture["content"][number]) => ({
    labels: labelsOf(marks, contentDigest, "native"),
    ...times,
  });
  for (const [i, marks] of content.entries())
    tables.blobs.put(["test", contentDigest(i)], { size: 1, ...labelled(marks) });
  for (const [i, { parent, ...marks }] of snapshots.entries()) {
    const parentKey = parent === undefined ? {} : { parent: snapshotKey(parent) };
    tables.snapshots.put(["test", "native", snapshotKey(i)], { name: "n", ...parentKey, ...labelled(marks) });
  }
  for (const [i, { target, ...marks }] of images.entries()) {
    const descriptor = { mediaType: MEDIA_TYPE, digest: contentDigest(target), size: 1 };
    tables.images.put(["test", `${i}`], { target: descriptor, ...labelled(marks) });
  }
  for (const [i, { snapshot, ...marks }] of containers.entries()) {
    const record = { snapshotter: "native", snapshotKey: snapshotKey(snapshot), ...labelled(marks) };
    tables.containers.put(["test", `${i}`], record as unknown as ReturnType<Containers["get"]>);
  }
  for (const [i, lease] of leases.entries()) {
    tables.leases.put(["test", `${i}`], { labels: leaseLabels(lease), createdAt: unixNano() });
    for (const one of lease.content) tables.resources.put(["test", `${i}`, "content", contentDigest(one)], true);
    for (const one of lease.snapshots)
      tables.resources.put(["test", `${i}`, "snapshots/native", snapshotKey(one)], true);
  }
}

/** What is there, in the words of `whatStays`. */
function left({ blobs, snapshots, leases }: Tables): Set<string> {
  const digests = [0, 1, 2, 3, 4, 5].filter((i) => blobs.get(["test", contentDigest(i)]) !== undefined);
  const keys = [0, 1, 2, 3, 4, 5].filter((i) => snapshots.get(["test", "native", snapshotKey(i)]) !== undefined);
  const leaseIds = [...leases.getKeys()].map(([, id]) => `lease ${id}`);
  return new Set([...digests.map((i) => `content ${i}`), ...keys.map((i) => `snapshot ${i}`), ...leaseIds]);
}
