import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { mount, umount } from "@eras/linux/mount.ts";
import { type Digest, digestEncoded, sha256 } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, InvalidArgument, ResourceExhausted } from "@eras/oci-spec/errdefs.ts";
import { describe, expect, onTestFinished, test } from "vitest";
import { ingestName } from "./ingest.ts";
import { LocalStore } from "./local-store.ts";
import { contentStoreSuite } from "./testsuite.ts";

contentStoreSuite("LocalStore", () => LocalStore.open(newRoot()));

function newRoot(): string {
  const root = mkdtempSync(join(tmpdir(), "docker-eras-content-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  return root;
}

async function write(store: LocalStore, text: string): Promise<Digest> {
  const writer = await store.writer({ ref: text });
  await writer.write(Buffer.from(text));
  await writer.commit({});
  return sha256(text);
}

describe("LocalStore", () => {
  test("keeps blobs as containerd does, for everybody to read and nobody to write", async () => {
    const root = newRoot();
    const digest = await write(await LocalStore.open(root), "x");
    const path = join(root, "blobs/sha256", digestEncoded(digest));
    expect(readFileSync(path, "utf8")).toBe("x");
    expect(statSync(path).mode & 0o7777).toBe(0o444);
    expect(readdirSync(join(root, "ingest"))).toEqual([]);
    expect(readdirSync(join(root, "removed"))).toEqual([]);
  });

  test("lets no digest lead out of its directory", async () => {
    const store = await LocalStore.open(newRoot());
    for (const digest of ["sha256:../../x", "../x:y", "", "sha256:ABC"] as Digest[]) {
      await expect(store.info(digest)).rejects.toThrow(InvalidArgument);
      await expect(store.reader(digest)).rejects.toThrow(InvalidArgument);
      await expect(store.delete(digest)).rejects.toThrow(InvalidArgument);
    }
  });

  test("opens anew: blobs and ingests are there, removals done", async () => {
    const root = newRoot();
    const first = await LocalStore.open(root);
    const digest = await write(first, "x");
    const writer = await first.writer({ ref: "r", size: 9, expected: sha256("other") });
    await writer.write(Buffer.from("half"));
    mkdirSync(join(root, "removed/1"));
    const unfinished = join(root, "ingest", ingestName("without its ref yet"));
    mkdirSync(unfinished);
    const second = await LocalStore.open(root); // the first one was killed
    expect((await second.info(digest)).size).toBe(1);
    expect(await second.status("r")).toMatchObject({ offset: 4, total: 9, expected: sha256("other") });
    expect([join(root, "removed/1"), unfinished].filter(existsSync)).toEqual([]);
    await writer.close();
  });

  test.each(["ref", "startedat", "data"])("begins an ingest anew whose %s a crash has taken", async (name) => {
    const root = newRoot();
    const store = await LocalStore.open(root);
    const writer = await store.writer({ ref: "r" });
    await writer.write(Buffer.from("half"));
    await writer.close();
    const file = join(root, "ingest", ingestName("r"), name);
    if (name === "data") rmSync(file);
    else writeFileSync(file, "");
    expect(await store.listStatuses()).toHaveLength(name === "startedat" ? 1 : 0);
    const next = await store.writer({ ref: "r" });
    expect(next.status().offset).toBe(name === "startedat" ? 4 : 0);
    await next.close();
    expect((await store.status("r")).ref).toBe("r");
  });

  test("sweeps what is not kept, and neither what is being written nor what is committed meanwhile", async () => {
    const store = await LocalStore.open(newRoot());
    const [kept, gone] = [await write(store, "kept"), await write(store, "gone")];
    const open = await store.writer({ ref: "open" });
    await (await store.writer({ ref: "left" })).close();
    const swept = await store.sweep({ blob: (digest) => digest === kept, ingest: () => false });
    expect(swept).toEqual({ digests: [gone], refs: ["left"] });
    expect((await Array.fromAsync(store.walk())).map(({ digest }) => digest)).toEqual([kept]);
    expect((await store.listStatuses()).map(({ ref }) => ref)).toEqual(["open"]);
    await open.close();
  });

  test("has no blob but with its content, and goes on with every ingest, after kill -9 at any time", async () => {
    const root = newRoot();
    const blobs = Array.from({ length: 6 }, () => randomBytes(1_500_000));
    const source = newRoot();
    for (const [i, bytes] of blobs.entries()) writeFileSync(join(source, `${i}`), bytes);
    const pull = (killAfterMs?: number) => pullInProcess(root, source, killAfterMs);
    for (let round = 0; round < 12; round++) {
      await pull(20 + round * 9);
      const store = await LocalStore.open(root);
      for await (const { digest } of store.walk()) {
        const reader = await store.reader(digest);
        expect(sha256(await reader.read(0, reader.size))).toBe(digest);
        await reader.close();
      }
    }
    expect(await pull()).toBe(0);
    const store = await LocalStore.open(root);
    const digests = (await Array.fromAsync(store.walk())).map(({ digest }) => digest);
    expect(digests).toEqual(blobs.map((bytes) => sha256(bytes)).toSorted());
    expect(await store.listStatuses()).toEqual([]);
  }, 60_000);
});

describe("LocalStore on a full disk", () => {
  test("says so, keeps what fitted, and goes on when there is room", async () => {
    const root = newRoot();
    mount("tmpfs", root, "tmpfs", 0, "size=4m"); // for all to see: the thread pool has the mounts of the process
    onTestFinished(() => umount(root));
    const store = await LocalStore.open(root);
    const bytes = randomBytes(3 << 20);
    const ballast = join(root, "ballast");
    writeFileSync(ballast, randomBytes(3 << 20));
    const writer = await store.writer({ ref: "r", size: bytes.length });
    await expect(writer.write(bytes)).rejects.toThrow(ResourceExhausted);
    await expect(writer.commit({})).rejects.toThrow("an earlier write failed");
    await writer.close();
    rmSync(ballast);
    const next = await store.writer({ ref: "r", size: bytes.length });
    await next.write(bytes.subarray(next.status().offset));
    await next.commit({ size: bytes.length, expected: sha256(bytes) });
    expect((await store.info(sha256(bytes))).size).toBe(bytes.length);
    await expect(store.writer({ ref: "r", expected: sha256(bytes) })).rejects.toThrow(AlreadyExists);
  });
});

/** Writes all files of a directory into a store, each where it broke off before, in a process of its own. @returns Its exit code. */
async function pullInProcess(root: string, source: string, killAfterMs?: number): Promise<number | null> {
  const program = `
    import { readFileSync, readdirSync } from "node:fs";
    import { LocalStore } from ${JSON.stringify(join(import.meta.dirname, "local-store.ts"))};
    import { sha256 } from ${JSON.stringify(import.meta.resolve("@eras/oci-spec/digest.ts"))};
    const store = await LocalStore.open(${JSON.stringify(root)});
    process.stdout.write("ready");
    for (const name of readdirSync(${JSON.stringify(source)})) {
      const bytes = readFileSync(${JSON.stringify(source)} + "/" + name);
      const writer = await store.writer({ ref: name, size: bytes.length, expected: sha256(bytes) }).catch(() => undefined);
      if (writer === undefined) continue;
      for (let at = writer.status().offset; at < bytes.length; at += 65536) await writer.write(bytes.subarray(at, at + 65536));
      await writer.commit({ size: bytes.length, expected: sha256(bytes) });
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  if (killAfterMs !== undefined) {
    await once(child.stdout, "data");
    await delay(killAfterMs);
    child.kill("SIGKILL");
  }
  const [code] = await exited;
  return code as number | null;
}
