/** What every content store does, as tests: each implementation calls it with a way to open one. */

import { randomBytes } from "node:crypto";
import { type Digest, sha256 } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, Unavailable } from "@eras/oci-spec/errdefs.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { unixNano } from "../../proto/timestamps.ts";
import type { CommitOptions, ContentStore } from "./content-store.ts";

/**
 * The suite.
 *
 * @param open - Makes an empty store for a test, and sees to its removal.
 */
export function contentStoreSuite(name: string, open: () => Promise<ContentStore>): void {
  let store: ContentStore;
  beforeEach(async () => {
    store = await open();
  });

  async function write(ref: string, bytes: Uint8Array, commit: CommitOptions = {}): Promise<Digest> {
    const writer = await store.writer({ ref });
    await writer.write(bytes);
    await writer.commit(commit);
    return sha256(bytes);
  }

  async function read(digest: Digest): Promise<Buffer> {
    const reader = await store.reader(digest);
    try {
      return await reader.read(0, reader.size);
    } finally {
      await reader.close();
    }
  }

  describe(`${name}: blobs`, () => {
    test("are what was written, under its digest", async () => {
      const bytes = randomBytes(3_000_000);
      const before = unixNano();
      const digest = await write("r", bytes, { size: bytes.length, expected: sha256(bytes) });
      expect((await read(digest)).equals(bytes)).toBe(true);
      const info = await store.info(digest);
      expect(info).toMatchObject({ digest, size: bytes.length, labels: {} });
      expect(info.createdAt).toBeGreaterThan(before - 50_000_000n); // the kernel's clock of files ticks coarsely
      await expect(store.status("r")).rejects.toThrow(NotFound);
    });

    test("can be empty", async () => {
      const digest = await write("r", Buffer.alloc(0));
      expect([(await store.info(digest)).size, (await read(digest)).length]).toEqual([0, 0]);
    });

    test("are read in parts, from any place, after they were deleted too", async () => {
      const digest = await write("r", Buffer.from("0123456789"));
      const reader = await store.reader(digest);
      await store.delete(digest);
      expect(reader.size).toBe(10);
      const parts = await Promise.all([reader.read(0, 3), reader.read(8, 100), reader.read(10, 1), reader.read(50, 1)]);
      expect(parts.map(String)).toEqual(["012", "89", "", ""]);
      await reader.close();
      await reader.close();
    });

    test("are gone when they were deleted", async () => {
      const digest = await write("r", Buffer.from("x"));
      await store.delete(digest);
      await expect(store.info(digest)).rejects.toThrow(NotFound);
      await expect(store.reader(digest)).rejects.toThrow(NotFound);
      await expect(store.delete(digest)).rejects.toThrow(NotFound);
      await write("r", Buffer.from("x"));
      expect(String(await read(digest))).toBe("x");
    });

    test("are walked through in the order of their digests, or by filters", async () => {
      const digests = await Promise.all([..."abc"].map((text) => write(text, Buffer.from(text))));
      const walk = async (...filters: string[]) =>
        (await Array.fromAsync(store.walk(filters))).map(({ digest }) => digest);
      expect(await walk()).toEqual(digests.toSorted());
      expect(await walk(`digest==${digests[1]}`, "labels.x")).toEqual([digests[1]]);
      await expect(walk("digest=x")).rejects.toThrow(InvalidArgument);
    });
  });

  describe(`${name}: writers`, () => {
    test("tell how far they are", async () => {
      const writer = await store.writer({ ref: "r", size: 5 });
      expect(writer.status()).toMatchObject({ ref: "r", offset: 0, total: 5 });
      expect(writer.digest()).toBe(sha256(""));
      await writer.write(Buffer.from("abc"));
      expect(writer.status()).toMatchObject({ offset: 3, total: 5 });
      expect(writer.digest()).toBe(sha256("abc"));
      expect(await store.status("r")).toMatchObject({ ref: "r", offset: 3, total: 5 });
      const { startedAt, updatedAt } = writer.status();
      expect(updatedAt >= startedAt).toBe(true);
      await writer.close();
    });

    test("go on where another one stopped", async () => {
      const bytes = randomBytes(2_500_000);
      const first = await store.writer({ ref: "r", size: bytes.length });
      await first.write(bytes.subarray(0, 1_234_567));
      const { startedAt } = first.status();
      await first.close();
      await first.close();
      const second = await store.writer({ ref: "r" });
      expect(second.status()).toMatchObject({ offset: 1_234_567, total: bytes.length, startedAt });
      expect(second.digest()).toBe(sha256(bytes.subarray(0, 1_234_567)));
      await second.write(bytes.subarray(1_234_567));
      await second.commit({ size: bytes.length, expected: sha256(bytes) });
      expect((await read(sha256(bytes))).equals(bytes)).toBe(true);
    });

    test("begin anew after truncate()", async () => {
      const writer = await store.writer({ ref: "r" });
      await writer.write(Buffer.from("a long text"));
      await writer.truncate();
      expect(writer.status().offset).toBe(0);
      await writer.write(Buffer.from("short"));
      await writer.commit({ size: 5, expected: sha256("short") });
      expect(String(await read(sha256("short")))).toBe("short");
    });

    test("have their ref alone, as long as they are open", async () => {
      const writer = await store.writer({ ref: "r" });
      await expect(store.writer({ ref: "r" })).rejects.toThrow(Unavailable);
      await expect(store.writer({ ref: "r" })).rejects.toThrow(/ref .*r locked for/);
      await (await store.writer({ ref: "other" })).close();
      const next = store.writer({ ref: "r" }); // waits a little
      await writer.close();
      await (await next).close();
    });

    test("want a ref, of any kind", async () => {
      await expect(store.writer({ ref: "" })).rejects.toThrow(new InvalidArgument("ref must not be empty"));
      for (const ref of ["../../etc/passwd", "a/b", "é ".repeat(500), "x\ny"]) await write(ref, Buffer.from(ref));
      expect(await store.listStatuses()).toEqual([]);
    });

    test("are done at once when the expected blob is there", async () => {
      const digest = await write("r", Buffer.from("x"));
      await expect(store.writer({ ref: "r", expected: digest })).rejects.toThrow(AlreadyExists);
    });

    test("write nothing any more when they are closed", async () => {
      const writer = await store.writer({ ref: "r" });
      await writer.close();
      await expect(writer.write(Buffer.from("x"))).rejects.toThrow(FailedPrecondition);
      await expect(writer.commit({})).rejects.toThrow(FailedPrecondition);
    });
  });

  describe(`${name}: commit()`, () => {
    const TEXT = Buffer.from("some content");

    test("refuses another digest or size than expected, keeps the ingest, and takes it when it is right", async () => {
      const writer = await store.writer({ ref: "r" });
      await writer.write(TEXT);
      const wrong = writer.commit({ size: TEXT.length, expected: sha256("other") });
      await expect(wrong).rejects.toThrow(FailedPrecondition);
      await expect(wrong).rejects.toThrow(`unexpected commit digest ${sha256(TEXT)}, expected ${sha256("other")}`);
      await expect((await store.writer({ ref: "r" })).commit({ size: 5 })).rejects.toThrow(FailedPrecondition);
      expect((await store.status("r")).offset).toBe(TEXT.length);
      await (await store.writer({ ref: "r" })).commit({ size: TEXT.length });
      expect(String(await read(sha256(TEXT)))).toBe("some content");
    });

    test("tells that the blob is there, and lets the ingest go", async () => {
      await write("r", TEXT);
      for (const expected of [sha256(TEXT), undefined]) {
        await expect(write("again", TEXT, { expected })).rejects.toThrow(AlreadyExists);
        await expect(store.status("again")).rejects.toThrow(NotFound);
      }
      await (await store.writer({ ref: "again" })).close(); // not locked
    });

    test("throws away what it resumed and found to be wrong", async () => {
      const torn = await store.writer({ ref: "r" });
      await torn.write(Buffer.from("some\0\0\0\0"));
      await torn.close();
      const resumed = await store.writer({ ref: "r" });
      await resumed.write(Buffer.from("tent"));
      await expect(resumed.commit({ expected: sha256(TEXT) })).rejects.toThrow(FailedPrecondition);
      expect((await store.status("r")).offset).toBe(0);
    });

    test("of the same content by many writers at once makes one blob", async () => {
      const outcomes = await Promise.allSettled(["a", "b", "c", "d"].map((ref) => write(ref, TEXT)));
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      for (const outcome of outcomes)
        if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(AlreadyExists);
      expect(String(await read(sha256(TEXT)))).toBe("some content");
    });
  });

  describe(`${name}: ingests`, () => {
    test("are listed, also by filters", async () => {
      const writers = await Promise.all(["layer-1", "layer-2", "config"].map((ref) => store.writer({ ref })));
      const refs = async (...filters: string[]) => (await store.listStatuses(filters)).map(({ ref }) => ref).toSorted();
      expect(await refs()).toEqual(["config", "layer-1", "layer-2"]);
      expect(await refs("ref~=^layer-", "ref==x")).toEqual(["layer-1", "layer-2"]);
      expect(await refs("offset")).toEqual([]);
      for (const writer of writers) await writer.close();
    });

    test("are gone when they were aborted", async () => {
      const writer = await store.writer({ ref: "r" });
      await writer.write(Buffer.from("x"));
      await writer.close();
      await store.abort("r");
      await expect(store.status("r")).rejects.toThrow(NotFound);
      await expect(store.abort("r")).rejects.toThrow(NotFound);
      const next = await store.writer({ ref: "r" });
      expect(next.status().offset).toBe(0);
      await next.close();
    });

    test("can be aborted while they are written: then nothing becomes of them", async () => {
      const writer = await store.writer({ ref: "r" });
      await writer.write(Buffer.from("x"));
      await store.abort("r");
      await writer.write(Buffer.from("y"));
      await expect(writer.commit({})).rejects.toThrow(NotFound);
      await (await store.writer({ ref: "r" })).close(); // not locked
    });
  });
}
