/**
 * Writes into the content of a namespace: into an ingest of the store, or, when the store has the blob already, nowhere at all, as long
 * as the client only wants to commit.
 */

import type { Digest } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import { unixNano } from "../../proto/timestamps.ts";
import type { CommitOptions, ContentWriter, IngestStatus, WriterOptions } from "../content/content-store.ts";
import type { LocalStore } from "../content/local-store.ts";
import { quote } from "../identifiers.ts";
import { type Labels, validateLabels, withoutEmpty } from "../labels.ts";
import { type MetadataDb, recordAt } from "./db.ts";
import { dropFromLease, keepUnderLease, type Leased } from "./leases.ts";
import { ensureNamespace } from "./namespaces.ts";

/** For copying a blob that a client wants to continue as another one. */
const COPY_BYTES = 1 << 20;

/** Whether to name a digest is enough to have its content. */
export type SharingPolicy = "shared" | "isolated";

/** What the content of all namespaces has in common. */
export interface Shared {
  readonly db: MetadataDb;
  readonly store: LocalStore;
  readonly policy: SharingPolicy;
  /** Ingests with an open writer. */
  readonly writing: Set<{ readonly namespace: string; readonly ref: string }>;
  /** Blobs that no record speaks for yet, because they are just being committed. */
  readonly committing: Set<{ readonly digest: Digest }>;
}

/** A blob that the store has. */
export interface PresentBlob {
  readonly digest: Digest;
  readonly size: number;
}

/** What a writer works on. */
export interface IngestPlan extends WriterOptions {
  readonly namespace: string;
  readonly leased: Leased;
  /** What the ingest is called in the store. */
  readonly storeRef: string;
  /** The blob as another namespace has written it. */
  readonly present: PresentBlob | undefined;
}

export class NamespaceWriter implements ContentWriter {
  readonly #shared: Shared;
  readonly #plan: IngestPlan;
  readonly #openedAt = unixNano();
  /** Absent as long as nothing need be written. */
  #inner: ContentWriter | undefined;

  private constructor(shared: Shared, plan: IngestPlan) {
    this.#shared = shared;
    this.#plan = plan;
  }

  /** To be called right after the record of the ingest was made: from then on the garbage collector has to leave it alone. */
  static async open(shared: Shared, plan: IngestPlan): Promise<NamespaceWriter> {
    const writer = new NamespaceWriter(shared, plan);
    shared.writing.add(plan);
    try {
      if (plan.present === undefined) await writer.#openInner(plan.size);
    } catch (cause) {
      shared.writing.delete(plan);
      throw cause;
    }
    return writer;
  }

  status(): IngestStatus {
    const { ref, present } = this.#plan;
    if (this.#inner !== undefined || present === undefined) return { ...this.#writer().status(), ref };
    const { size, digest } = present;
    return { ref, offset: size, total: size, expected: digest, startedAt: this.#openedAt, updatedAt: this.#openedAt };
  }

  digest(): Digest {
    return this.#inner?.digest() ?? this.#plan.present?.digest ?? this.#writer().digest();
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#inner === undefined && bytes.length === 0) return;
    if (this.#inner === undefined) await this.#copyPresent();
    await this.#writer().write(bytes);
  }

  async truncate(): Promise<void> {
    await (this.#inner ?? (await this.#openInner(0))).truncate();
  }

  async commit({ size, expected, labels = {} }: CommitOptions): Promise<void> {
    const committing = { digest: this.digest() };
    this.#shared.committing.add(committing); // before the store is asked whether it has the blob
    try {
      validateLabels(labels, "info.Labels");
      const blob = await this.#commitBytes(size, expected);
      this.#record(blob, labels);
    } finally {
      this.#shared.committing.delete(committing);
      await this.close();
    }
  }

  async close(): Promise<void> {
    try {
      await this.#inner?.close();
    } finally {
      if (this.#shared.writing.delete(this.#plan)) this.#askForCollection();
    }
  }

  /** A collection leaves an ingest alone that is open, even if its lease is over: then it is for the next one. */
  #askForCollection(): void {
    const { db } = this.#shared;
    const { namespace, ref, leased } = this.#plan;
    const { ingests, leases } = db.tables;
    if (leased.lease === undefined || recordAt(leases, namespace, leased.lease) !== undefined) return;
    if (recordAt(ingests, namespace, ref) !== undefined) db.update(() => db.markDirty());
  }

  async #commitBytes(size: number | undefined, expected: Digest | undefined): Promise<PresentBlob> {
    const { ref } = this.#plan;
    const blob = { digest: this.digest(), size: this.status().offset };
    if (size && size !== blob.size)
      throw new FailedPrecondition(`${quote(ref)} failed size validation: ${blob.size} != ${size}`);
    if (this.#inner !== undefined) {
      await this.#inner.commit({ size: blob.size, expected }).catch(ignoreExisting); // of another namespace: as good as new
    } else if (expected !== undefined && expected !== blob.digest) {
      throw new FailedPrecondition(`${quote(ref)} unexpected digest`);
    }
    return blob;
  }

  /** The ingest becomes a blob of the namespace. */
  #record({ digest, size }: PresentBlob, labels: Labels): void {
    const { namespace, ref, leased } = this.#plan;
    const isNew = this.#shared.db.update((tables) => {
      ensureNamespace(tables, namespace);
      tables.ingests.remove([namespace, ref]);
      dropFromLease(tables, namespace, leased, { type: "ingests", id: ref });
      keepUnderLease(tables, namespace, leased, { type: "content", id: digest });
      if (recordAt(tables.blobs, namespace, digest) !== undefined) return false;
      const now = unixNano();
      tables.blobs.put([namespace, digest], { size, labels: withoutEmpty(labels), createdAt: now, updatedAt: now });
      return true;
    });
    if (!isNew) throw new AlreadyExists(`content ${digest}: already exists`);
  }

  /** The client goes on writing behind what the store has: so it becomes an ingest of its own. */
  async #copyPresent(): Promise<void> {
    const { digest, size } = this.#plan.present!; // else there would be a writer
    const inner = await this.#openInner(undefined);
    await inner.truncate();
    const reader = await this.#shared.store.reader(digest);
    try {
      for (let offset = 0; offset < size; offset += COPY_BYTES)
        await inner.write(await reader.read(offset, COPY_BYTES));
    } finally {
      await reader.close();
    }
  }

  async #openInner(size: number | undefined): Promise<ContentWriter> {
    this.#inner = await this.#shared.store.writer({ ref: this.#plan.storeRef, size });
    return this.#inner;
  }

  #writer(): ContentWriter {
    if (this.#inner === undefined) throw new Error(`The writer of ${this.#plan.ref} was never opened`);
    return this.#inner;
  }
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof AlreadyExists)) throw error;
}
