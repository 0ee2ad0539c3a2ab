import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import fc from "fast-check";
import { open } from "lmdb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { timestampOf } from "../../proto/timestamps.ts";
import { entriesOf, hasEntries, MetadataDb } from "./db.ts";
import { Leases } from "./leases.ts";
import { SCHEMA_VERSION } from "./schema.ts";

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "docker-eras-db-"));
  path = join(dir, "metadata.mdb");
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("MetadataDb", () => {
  test("changes all or nothing", async () => {
    const db = new MetadataDb(path);
    const { namespaces } = db.tables;
    const failing = () =>
      db.update((tables) => {
        tables.namespaces.put("a", { labels: {} });
        db.markDirty();
        throw new Error("changed my mind");
      });
    expect(failing).toThrow("changed my mind");
    expect([namespaces.get("a"), db.isDirty]).toEqual([undefined, false]);
    const seen = db.update((tables) => {
      tables.namespaces.put("a", { labels: { x: "1" } });
      return tables.namespaces.get("a");
    });
    expect(seen).toEqual({ labels: { x: "1" } });
    await db.close();
    const again = new MetadataDb(path);
    expect(again.tables.namespaces.get("a")).toEqual({ labels: { x: "1" } });
    await again.close();
  });

  test("tells of changes, but not of those that failed or were the collector's", async () => {
    const db = new MetadataDb(path);
    const told: boolean[] = [];
    db.onMutation((dirty) => told.push(dirty));
    db.update(() => {});
    db.update(() => db.markDirty());
    expect(() => db.update(() => JSON.parse("{"))).toThrow(SyntaxError);
    db.clean(() => {});
    db.update(() => {});
    expect(told).toEqual([false, true, false]);
    await db.close();
  });

  test("refuses a database of a newer containerd", async () => {
    const newer = open({ path, noSubdir: true, maxDbs: 9, pageSize: 8192, overlappingSync: false });
    newer.openDB({ name: "version", encoding: "msgpack" }).putSync("schema", SCHEMA_VERSION + 1);
    await newer.close();
    expect(() => new MetadataDb(path)).toThrow(FailedPrecondition);
  });

  test("takes over what the first version has written, whose times were Dates", async () => {
    const older = open({ path, noSubdir: true, maxDbs: 9, pageSize: 8192, overlappingSync: false });
    older.openDB({ name: "version", encoding: "msgpack" }).putSync("schema", 1);
    const createdAt = new Date("2026-11-29T10:00:00.123Z");
    older.openDB({ name: "leases", encoding: "msgpack" }).putSync(["test", "l"], { labels: {}, createdAt });
    await older.close();
    const db = new MetadataDb(path);
    const [lease] = new Leases(db).list("test", []);
    expect(timestampOf(lease?.createdAt)).toEqual(timestampOf(createdAt));
    await db.close();
    await new MetadataDb(path).close();
  });

  test("gives every number once", async () => {
    const db = new MetadataDb(path);
    const numbers = Array.from({ length: 5000 }, () => db.nextNumber());
    expect(new Set(numbers).size).toBe(5000);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers);
    await db.close();
  });

  test("entriesOf() finds by the parts of a key, whatever is in them", async () => {
    const db = new MetadataDb(path);
    const { images } = db.tables;
    const part = fc.string({
      unit: fc.constantFrom("a", "b", "\0", "\u0001", "\u001b", "é", "\u{10ffff}", "/", "1"),
      maxLength: 3,
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(part, part), { selector: String, maxLength: 12 }),
        part,
        (keys, namespace) => {
          db.update(() => {
            for (const { key } of entriesOf(images)) images.remove(key);
            for (const key of keys) images.put(key, {} as never);
          });
          const found = entriesOf(images, namespace).map(({ key }) => JSON.stringify(key));
          const expected = keys.filter(([first]) => first === namespace).map((key) => JSON.stringify(key));
          expect(found.toSorted()).toEqual(expected.toSorted());
          expect(hasEntries(images, namespace)).toBe(expected.length > 0);
        },
      ),
      { numRuns: 60 },
    );
    await db.close();
  });

  test("has every change that was reported, and no half of another, after kill -9", async () => {
    for (let round = 0; round < 8; round++) {
      const reported = await writeUntilKilled(path, round * 100, 5 + round * 3);
      const db = new MetadataDb(path);
      const numbers = entriesOf(db.tables.images, "test").map(({ key }) => Number(key[1]));
      const pairs = entriesOf(db.tables.leases, "test").map(({ key }) => Number(key[1]));
      expect(numbers).toEqual(expect.arrayContaining(reported));
      expect(pairs.toSorted()).toEqual(numbers.toSorted()); // each transaction wrote both
      await db.close();
    }
  }, 60_000);
});

/** Runs a process that writes pairs of records, and kills it somewhere after some of them. @returns The numbers it reported. */
async function writeUntilKilled(file: string, first: number, count: number): Promise<number[]> {
  const program = `
    import { MetadataDb } from ${JSON.stringify(join(import.meta.dirname, "db.ts"))};
    const db = new MetadataDb(${JSON.stringify(file)});
    for (let n = ${first}; ; n++) {
      db.update(({ images, leases }) => { images.put(["test", String(n)], {}); leases.put(["test", String(n)], {}); });
      process.stdout.write(n + "\\n");
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const numbers: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    numbers.push(Number(line));
    if (numbers.length === count) child.kill("SIGKILL");
  }
  if (child.signalCode === null) await once(child, "exit");
  return numbers;
}
