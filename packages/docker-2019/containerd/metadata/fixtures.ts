/** What tests of the metadata begin with. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Digest } from "@eras/oci-spec/digest.ts";
import { sha256 } from "@eras/oci-spec/digest.ts";
import { LocalStore } from "../content/local-store.ts";
import type { Labels } from "../labels.ts";
import { MetadataContent } from "./content.ts";
import type { SharingPolicy } from "./content-writer.ts";
import { MetadataDb } from "./db.ts";
import type { Leased } from "./leases.ts";

/** A database and a content store in a directory of their own, until the end of the block: `await using`. */
export async function openStores(policy: SharingPolicy = "shared") {
  const root = mkdtempSync(join(tmpdir(), "docker-eras-metadata-"));
  const db = new MetadataDb(join(root, "metadata.mdb"));
  const store = await LocalStore.open(join(root, "content"));
  const content = new MetadataContent(db, store, policy);
  return {
    root,
    db,
    store,
    content,
    async [Symbol.asyncDispose]() {
      await db.close();
      rmSync(root, { recursive: true });
    },
  };
}

/** Stores text as a blob of a namespace. */
export async function writeBlob(
  content: MetadataContent,
  text: string,
  { namespace = "test", labels = {}, ...leased }: { namespace?: string; labels?: Labels } & Leased = {},
): Promise<Digest> {
  const bytes = Buffer.from(text);
  const digest = sha256(bytes);
  const writer = await content.in(namespace, leased).writer({ ref: `blob-${digest}`, size: bytes.length });
  await writer.write(bytes);
  await writer.commit({ size: bytes.length, expected: digest, labels });
  return digest;
}
