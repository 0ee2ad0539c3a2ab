import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { digestEncoded } from "@eras/oci-spec/digest.ts";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openStores, writeBlob } from "./fixtures.ts";
import { GarbageCollector } from "./gc.ts";
import { DEFAULT_GC_SCHEDULE, type GcSchedule, GcScheduler } from "./gc-scheduler.ts";
import { Leases } from "./leases.ts";

const NEVER_MS = 1_000_000;

/** A scheduler that counts its collections, of which so many shall have failed in the end. */
async function open(schedule: Partial<GcSchedule>, failures = 0) {
  const { db, content, root } = await openStores();
  const collector = new GarbageCollector(db, { content, snapshotters: [] });
  const collect = vi.spyOn(collector, "collect");
  const onError = vi.fn();
  const scheduler = new GcScheduler(db, collector, { schedule: { ...DEFAULT_GC_SCHEDULE, ...schedule }, onError });
  onTestFinished(async () => {
    await scheduler.stop();
    await db.close();
    rmSync(root, { recursive: true });
    expect(onError).toHaveBeenCalledTimes(failures);
  });
  return { root, db, content, leases: new Leases(db), scheduler, collect, onError };
}

describe("GcScheduler", () => {
  test("collects once after the start, and then nothing as long as nothing is removed", async () => {
    const { content, leases, collect } = await open({ startupDelayMs: 10 });
    leases.create("test", { id: "l" });
    await vi.waitFor(() => expect(collect).toHaveBeenCalledTimes(1));
    const digest = await writeBlob(content, "x", { lease: "l" });
    await delay(150);
    expect(collect).toHaveBeenCalledTimes(1);
    expect((await content.in("test").info(digest)).size).toBe(1);
  });

  test("collects soon after something was removed", async () => {
    const { content, leases, collect } = await open({ startupDelayMs: 10 });
    leases.create("test", { id: "l" });
    const digest = await writeBlob(content, "x", { lease: "l" });
    await vi.waitFor(() => expect(collect).toHaveBeenCalledTimes(1));
    leases.delete("test", "l");
    await vi.waitFor(() => expect(content.in("test").info(digest)).rejects.toThrow("not found"), 5000);
  });

  test("tries again when a collection has failed, and sweeps what that one has left", async () => {
    const { root, content, leases, onError } = await open({ startupDelayMs: 10 }, 1);
    leases.create("test", { id: "l" });
    const digest = await writeBlob(content, "x", { lease: "l" });
    const blob = join(root, "content/blobs/sha256", digestEncoded(digest));
    rmSync(join(root, "content/removed"), { recursive: true });
    leases.delete("test", "l");
    await vi.waitFor(() => expect(onError).toHaveBeenCalledTimes(1), 5000);
    expect(existsSync(blob)).toBe(true);
    mkdirSync(join(root, "content/removed"));
    await vi.waitFor(() => expect(existsSync(blob)).toBe(false), 5000);
  });

  test("does not collect more often than the pauses allow", async () => {
    const { leases, collect } = await open({ startupDelayMs: 0, pauseThreshold: 0.000_001 });
    await vi.waitFor(() => expect(collect).toHaveBeenCalledTimes(1));
    for (let i = 0; i < 5; i++) {
      leases.create("test", { id: "l" });
      leases.delete("test", "l");
    }
    await delay(100);
    expect(collect).toHaveBeenCalledTimes(1);
  });

  test.each([
    ["many removals", { deletionThreshold: 3 }, true],
    ["few removals", { deletionThreshold: 4 }, false],
  ])("after %s, by the threshold", async (_, schedule, collects) => {
    const { leases, collect } = await open({ ...schedule, startupDelayMs: NEVER_MS, mutationThreshold: 0 });
    for (const id of ["a", "b", "c"]) leases.create("test", { id });
    for (const id of ["a", "b", "c"]) leases.delete("test", id);
    await delay(50);
    expect(collect).toHaveBeenCalledTimes(collects ? 1 : 0);
  });

  test("collects at once for whoever waits, and after what was removed before", async () => {
    const { content, leases, scheduler } = await open({
      startupDelayMs: NEVER_MS,
      mutationThreshold: 0,
      deletionThreshold: 99,
    });
    for (const id of ["a", "b"]) {
      leases.create("test", { id });
      await writeBlob(content, id, { lease: id });
    }
    leases.delete("test", "a");
    const first = scheduler.collectAndWait();
    leases.delete("test", "b"); // while the first is sweeping
    const second = scheduler.collectAndWait();
    expect((await first).removed).toHaveLength(1);
    expect((await second).removed).toHaveLength(1);
    expect(await Array.fromAsync(content.in("test").walk())).toEqual([]);
  });
});
