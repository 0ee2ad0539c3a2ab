import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openStores, writeBlob } from "./fixtures.ts";
import { GarbageCollector } from "./gc.ts";
import { DEFAULT_GC_SCHEDULE, type GcSchedule, GcScheduler } from "./gc-scheduler.ts";
import { Leases } from "./leases.ts";

const NEVER_MS = 1_000_000;

/** A scheduler that counts its collections. */
async function open(schedule: Partial<GcSchedule>) {
  const { db, content, root } = await openStores();
  const collector = new GarbageCollector(db, { content, snapshotters: [] });
  const collect = vi.spyOn(collector, "collect");
  const onError = vi.fn();
  const scheduler = new GcScheduler(db, collector, { schedule: { ...DEFAULT_GC_SCHEDULE, ...schedule }, onError });
  onTestFinished(async () => {
    await scheduler.stop();
    await db.close();
    rmSync(root, { recursive: true });
    expect(onError).not.toHaveBeenCalled();
  });
  return { db, content, leases: new Leases(db), scheduler, collect };
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
