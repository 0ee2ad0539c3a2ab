import { rmSync } from "node:fs";
import { sha256 } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, FailedPrecondition, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { describe, expect, onTestFinished, test } from "vitest";
import { contentStoreSuite } from "../content/testsuite.ts";
import { openStores, writeBlob } from "./fixtures.ts";

for (const policy of ["shared", "isolated"] as const)
  contentStoreSuite(`MetadataContent, ${policy}`, async () => {
    const { db, root, content } = await openStores(policy);
    onTestFinished(async () => {
      await db.close();
      rmSync(root, { recursive: true });
    });
    await writeBlob(content, "x", { namespace: "other" }); // must not be seen
    return content.in("test");
  });

const digest = sha256("shared");
const missing = new NotFound(`content digest ${digest}: not found`);

describe("MetadataContent", () => {
  test("labels blobs for each namespace", async () => {
    await using stores = await openStores();
    const [mine, other] = [stores.content.in("mine"), stores.content.in("other")];
    for (const namespace of ["mine", "other"])
      await writeBlob(stores.content, "shared", { namespace, labels: { in: namespace, none: "" } });
    expect((await mine.info(digest)).labels).toEqual({ in: "mine" });
    const updated = await mine.update(digest, { a: "1", "b.c": "2", in: "" }, ["labels.b.c", "labels.in"]);
    expect(updated.labels).toEqual({ "b.c": "2" });
    expect((await mine.update(digest, { a: "1" })).labels).toEqual({ a: "1" });
    expect(await Array.fromAsync(mine.walk(["labels.a==1"]))).toHaveLength(1);
    expect((await other.info(digest)).labels).toEqual({ in: "other" });
    await expect(mine.update(digest, {}, ["size"])).rejects.toThrow(
      new InvalidArgument(`cannot update "size" field on content info "${digest}"`),
    );
    await expect(mine.update(digest, { a: "x".repeat(5000) })).rejects.toThrow(InvalidArgument);
    await expect(mine.update(sha256("none"), {})).rejects.toThrow(NotFound);
  });

  test("shows a namespace only its own", async () => {
    await using stores = await openStores();
    await writeBlob(stores.content, "shared", { namespace: "other" });
    const mine = stores.content.in("mine");
    await expect(mine.info(digest)).rejects.toThrow(missing);
    await expect(mine.reader(digest)).rejects.toThrow(missing);
    await expect(mine.delete(digest)).rejects.toThrow(missing);
    const writer = await stores.content.in("other").writer({ ref: "r" });
    await expect(mine.status("r")).rejects.toThrow(new NotFound("reference r: not found"));
    await expect(mine.abort("r")).rejects.toThrow(NotFound);
    const own = await mine.writer({ ref: "r" }); // not locked by the other one
    await own.close();
    await writer.close();
  });

  test("shared: to name a blob of another namespace is to have it, without a byte written", async () => {
    await using stores = await openStores();
    await writeBlob(stores.content, "shared", { namespace: "other" });
    const mine = stores.content.in("mine");
    const writer = await mine.writer({ ref: "r", size: 6, expected: digest });
    expect(writer.status()).toMatchObject({ ref: "r", offset: 6, total: 6, expected: digest });
    expect(writer.digest()).toBe(digest);
    await writer.commit({ size: 6, expected: digest, labels: { a: "1" } });
    expect(await mine.info(digest)).toMatchObject({ size: 6, labels: { a: "1" } });
  });

  test("shared: to name it with a wrong size is not", async () => {
    await using stores = await openStores();
    await writeBlob(stores.content, "shared", { namespace: "other" });
    const writer = await stores.content.in("mine").writer({ ref: "r", size: 7, expected: digest });
    expect(writer.status().offset).toBe(0);
    await writer.close();
  });

  test("shared: compares what is committed", async () => {
    await using stores = await openStores();
    await writeBlob(stores.content, "shared", { namespace: "other" });
    const begin = () => stores.content.in("mine").writer({ ref: "r", expected: digest });
    await expect((await begin()).commit({ size: 7 })).rejects.toThrow(
      new FailedPrecondition('"r" failed size validation: 6 != 7'),
    );
    await expect((await begin()).commit({ expected: sha256("x") })).rejects.toThrow(
      new FailedPrecondition('"r" unexpected digest'),
    );
    await (await begin()).commit({});
    await expect(begin()).rejects.toThrow(AlreadyExists);
  });

  test("shared: goes on behind what is there, or over it", async () => {
    await using stores = await openStores();
    await writeBlob(stores.content, "shared", { namespace: "other" });
    const mine = stores.content.in("mine");
    const longer = await mine.writer({ ref: "r", expected: digest });
    await longer.write(Buffer.from(" and more"));
    await longer.commit({ expected: sha256("shared and more") });
    const own = await mine.writer({ ref: "s", expected: digest });
    await own.truncate();
    expect(own.status().offset).toBe(0);
    await own.write(Buffer.from("shared"));
    await own.commit({ expected: digest });
    expect((await Array.fromAsync(mine.walk())).map(({ size }) => size).toSorted()).toEqual([15, 6]);
  });

  test("who waits for a writer to close hears of the blob that it has committed", async () => {
    await using stores = await openStores();
    const mine = stores.content.in("mine");
    const first = await mine.writer({ ref: "r", expected: digest });
    await first.write(Buffer.from("shared"));
    const second = mine.writer({ ref: "r", expected: digest });
    await Promise.all([first.commit({ expected: digest }), expect(second).rejects.toThrow(AlreadyExists)]);
    expect(await mine.listStatuses()).toEqual([]);
  });

  test("isolated: every namespace has to write it", async () => {
    await using stores = await openStores("isolated");
    await writeBlob(stores.content, "shared", { namespace: "other" });
    const mine = stores.content.in("mine");
    const writer = await mine.writer({ ref: "r", size: 6, expected: digest });
    expect(writer.status().offset).toBe(0);
    await expect(writer.commit({ expected: digest })).rejects.toThrow(FailedPrecondition);
    await expect(mine.info(digest)).rejects.toThrow(NotFound);
    await writeBlob(stores.content, "shared", { namespace: "mine" });
    expect((await mine.info(digest)).size).toBe(6);
  });

  test("refuses labels that are too long, and keeps the ingest", async () => {
    await using stores = await openStores();
    const content = stores.content.in("mine");
    const writer = await content.writer({ ref: "r" });
    await expect(writer.commit({ labels: { a: "x".repeat(4096) } })).rejects.toThrow(
      "info.Labels: label key and value",
    );
    expect((await content.status("r")).offset).toBe(0);
  });

  test("sweeps what no namespace has", async () => {
    await using stores = await openStores();
    for (const namespace of ["mine", "other"]) await writeBlob(stores.content, "shared", { namespace });
    await stores.content.in("mine").delete(digest);
    expect(await stores.content.sweep()).toEqual({ digests: [], refs: [] });
    await stores.content.in("other").delete(digest);
    expect(await stores.content.sweep()).toEqual({ digests: [digest], refs: [] });
  });

  test("does not sweep what another namespace is promised", async () => {
    await using stores = await openStores();
    await writeBlob(stores.content, "shared", { namespace: "other" });
    const writer = await stores.content.in("mine").writer({ ref: "r", expected: digest });
    await stores.content.in("other").delete(digest);
    expect(await stores.content.sweep()).toEqual({ digests: [], refs: [] });
    await writer.commit({});
    expect((await stores.content.in("mine").info(digest)).size).toBe(6);
  });
});
