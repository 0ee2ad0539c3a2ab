import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import { open } from "lmdb";
import { expect, test } from "vitest";
import { Metastore } from "./metastore.ts";
import { temporaryDirectory } from "./mount-fixtures.ts";
import { openOverlay } from "./overlay.ts";

const nothing = async () => {};

test("Metastore: a directory is made before its record, and taken back when there can be none", async () => {
  const store = new Metastore(join(temporaryDirectory(), "metadata.mdb"), []);
  const steps: string[] = [];
  const make = async (id: number) => {
    steps.push(`make ${id}`);
    if (id === 1) await store.create({ key: "a", kind: "active", parent: undefined, labels: {} }, make, nothing); // sooner
  };
  const takeBack = async (id: number) => void steps.push(`take back ${id}`);
  const late = store.create({ key: "a", kind: "active", parent: undefined, labels: {} }, make, takeBack);
  await expect(late).rejects.toThrow('snapshot "a"');
  expect(steps).toEqual(["make 1", "make 2", "take back 1"]);
  expect(store.get("a").id).toBe(2);
  expect([...store.uses()]).toEqual([[2, "active"]]);
  await store.close();
});

test("Metastore: numbers are never given twice, whatever is left on the disk", async () => {
  const path = join(temporaryDirectory(), "metadata.mdb");
  const first = new Metastore(path, [7]);
  expect((await first.create({ key: "a", kind: "active", parent: undefined, labels: {} }, nothing, nothing)).id).toBe(
    8,
  );
  await first.close();
  const second = new Metastore(path, []);
  expect((await second.create({ key: "b", kind: "active", parent: undefined, labels: {} }, nothing, nothing)).id).toBe(
    9,
  );
  await second.close();
});

test("Metastore: keys may have any characters", async () => {
  const store = new Metastore(join(temporaryDirectory(), "metadata.mdb"), []);
  const keys = ["__proto__", "ns/1/extract-12 sha256:00", "ünï\u0001 \n", "k".repeat(3900)];
  for (const key of keys) {
    await store.create(
      { key, kind: "active", parent: undefined, labels: { "a.b/c": key.slice(0, 9) } },
      nothing,
      nothing,
    );
    expect(store.get(key).info).toMatchObject({ name: key, labels: { "a.b/c": key.slice(0, 9) } });
  }
  expect([...store.all()]).toHaveLength(keys.length);
  await store.close();
});

test("Metastore: what a later version has written is not touched", async () => {
  const path = join(temporaryDirectory(), "metadata.mdb");
  await new Metastore(path, []).close();
  const environment = open({ path, noSubdir: true, maxDbs: 3 });
  await environment.openDB<number, string>({ name: "schema" }).put("version", 3);
  await environment.close();
  expect(() => new Metastore(path, [])).toThrow(FailedPrecondition);
});

test("Metastore: what the first version has written is taken over, whose times were milliseconds", async () => {
  const path = join(temporaryDirectory(), "metadata.mdb");
  await new Metastore(path, []).close();
  const environment = open({ path, noSubdir: true, maxDbs: 3 });
  const record = { id: 1, kind: "active", labels: {}, created: 1_796_000_000_123, updated: 1_796_000_000_124 };
  await environment.openDB<object, string>({ name: "snapshots", encoding: "msgpack" }).put("a", record);
  await environment.openDB<number, string>({ name: "schema" }).put("version", 1);
  await environment.close();
  const store = new Metastore(path, []);
  const [created, updated] = [1_796_000_000_123_000_000n, 1_796_000_000_124_000_000n];
  expect(store.get("a").info).toMatchObject({ created, updated });
  await store.close();
});

/** Makes, commits and removes snapshots until it is killed. */
const BUSY = `
  import { openOverlay } from "./overlay.ts";
  const snapshotter = openOverlay(process.argv[1]);
  let parent;
  for await (const { name, kind } of snapshotter.walk()) if (kind === "committed") parent = name;
  console.log("ready");
  for (let i = 0; ; i++) {
    const key = process.pid + "-" + i;
    await Promise.all([snapshotter.prepare(key, parent), snapshotter.view("view " + key, parent)]);
    await Promise.all([snapshotter.commit("layer " + key, key), snapshotter.remove("view " + key)]);
    if (i % 3 === 0) parent = "layer " + key;
    else await snapshotter.remove("layer " + key);
  }
`;

test("a snapshotter killed at any moment has a directory for each record, and cleanup() removes the others", async () => {
  const root = join(temporaryDirectory(), "root");
  const found = { records: 0, leftOver: 0 };
  for (let round = 0; round < 15; round++) {
    await killAfter(root, 20 + round * 7);
    const snapshotter = openOverlay(root);
    const directories = () => readdirSync(join(root, "snapshots")).length;
    const before = directories();
    let records = 0;
    for await (const { name, kind } of snapshotter.walk()) {
      records++;
      const [mount] = await (kind === "committed" ? snapshotter.view("look", name) : snapshotter.mounts(name));
      for (const path of pathsIn([mount!.source, ...mount!.options])) expect(existsSync(path)).toBe(true);
      if (kind === "committed") await snapshotter.remove("look");
    }
    await snapshotter.cleanup();
    expect(directories()).toBe(records);
    found.records = records;
    found.leftOver += before - records;
    await snapshotter.close();
  }
  expect(found.records).toBeGreaterThan(5);
  expect(found.leftOver).toBeGreaterThan(0); // else the kills came at no interesting moment
});

async function killAfter(root: string, milliseconds: number): Promise<void> {
  mkdirSync(root, { recursive: true });
  const args = ["--input-type=module-typescript", "--eval", BUSY, root];
  const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  child.kill("SIGKILL");
  await once(child, "exit");
}

function pathsIn(words: readonly string[]): string[] {
  return words.flatMap((option) => option.split(/[=:]/)).filter((word) => word.startsWith("/"));
}
