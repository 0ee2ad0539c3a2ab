/**
 * The content of a namespace: which blobs of the shared store it has, with what labels, and which ingests are its own.
 *
 * The bytes are stored once, however many namespaces have them. How does a namespace get a blob that another one has? By naming the
 * digest it expects (the "shared" policy, containerd's default): then there is nothing to write, and `commit` only makes a record.
 * Without an expected digest it must write all of it, as if it were new; with the "isolated" policy it always must, for to know a digest
 * is not to have the content.
 *
 * Order, against an end at any moment: the bytes are in the store before the record is made, and the record goes before the bytes.
 *
 * @see https://github.com/containerd/containerd/blob/v1.2.6/metadata/content.go
 */

import type { Digest } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { unixNano } from "../../proto/timestamps.ts";
import {
  type ContentInfo,
  type ContentReader,
  type ContentWriter,
  fieldOfContent,
  fieldOfStatus,
  type IngestStatus,
  type LabelledContentStore,
  type WriterOptions,
} from "../content/content-store.ts";
import type { LocalStore } from "../content/local-store.ts";
import { parseFilters } from "../filters.ts";
import { quote } from "../identifiers.ts";
import { type Labels, maskedMap, validateLabels, withoutEmpty } from "../labels.ts";
import {
  type IngestPlan,
  NamespaceWriter,
  type PresentBlob,
  type Shared,
  type SharingPolicy,
} from "./content-writer.ts";
import { entriesOf, type MetadataDb, recordAt, validateKey } from "./db.ts";
import { dropFromLease, keepUnderLease, type Leased } from "./leases.ts";
import { ensureNamespace } from "./namespaces.ts";
import type { BlobRecord, IngestRecord, Tables } from "./schema.ts";

/** How long an ingest that no lease keeps may rest. */
const INGEST_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** The content of all namespaces. */
export class MetadataContent {
  readonly #shared: Shared;

  constructor(db: MetadataDb, store: LocalStore, policy: SharingPolicy = "shared") {
    this.#shared = { db, store, policy, writing: new Set(), committing: new Set() };
  }

  /** What one namespace has. What is written there is kept by the lease, if one is named. */
  in(namespace: string, leased: Leased = {}): LabelledContentStore {
    return new NamespaceContent(this.#shared, namespace, leased);
  }

  /** Whether somebody is writing under this ref just now. */
  isWriting(namespace: string, ref: string): boolean {
    return [...this.#shared.writing].some((writing) => writing.namespace === namespace && writing.ref === ref);
  }

  /** Removes from the store what no namespace has. @returns What is gone. */
  async sweep(): Promise<{ digests: Digest[]; refs: string[] }> {
    const { db, store, committing } = this.#shared;
    return store.sweep({
      blob: (digest) => [...committing].some((one) => one.digest === digest) || isBlobKnown(db.tables, digest),
      ingest: (ref) => isIngestKnown(db.tables, ref),
    });
  }
}

class NamespaceContent implements LabelledContentStore {
  readonly #shared: Shared;
  readonly #tables: Tables;
  readonly #namespace: string;
  readonly #leased: Leased;

  constructor(shared: Shared, namespace: string, leased: Leased) {
    this.#shared = shared;
    this.#tables = shared.db.tables;
    this.#namespace = namespace;
    this.#leased = leased;
  }

  async info(digest: Digest): Promise<ContentInfo> {
    return { digest, ...this.#blob(digest) };
  }

  async update(digest: Digest, wanted: Labels, fieldPaths: readonly string[] = []): Promise<ContentInfo> {
    return this.#shared.db.update(({ blobs }) => {
      const before = this.#blob(digest);
      let labels = fieldPaths.length === 0 ? wanted : before.labels;
      for (const path of fieldPaths) labels = maskedLabels(labels, path, wanted, digest);
      validateLabels(labels, "info.Labels");
      const record = { ...before, labels: withoutEmpty(labels), updatedAt: unixNano() };
      blobs.put([this.#namespace, digest], record);
      return { digest, ...record };
    });
  }

  async *walk(filters: readonly string[] = []): AsyncGenerator<ContentInfo> {
    const matches = parseFilters(filters);
    for (const { key, value } of entriesOf(this.#tables.blobs, this.#namespace)) {
      const info = { digest: key[1] as Digest, ...value };
      if (matches(fieldOfContent(info))) yield info;
    }
  }

  /** Forgets a blob. Its bytes go with the next garbage collection, if no other namespace has it. */
  async delete(digest: Digest): Promise<void> {
    this.#shared.db.update((tables) => {
      this.#blob(digest);
      tables.blobs.remove([this.#namespace, digest]);
      dropFromLease(tables, this.#namespace, this.#leased, { type: "content", id: digest });
      this.#shared.db.markDirty();
    });
  }

  async status(ref: string): Promise<IngestStatus> {
    const { storeRef } = this.#ingest(ref);
    return { ...(await this.#shared.store.status(storeRef)), ref };
  }

  async listStatuses(filters: readonly string[] = []): Promise<IngestStatus[]> {
    const matches = parseFilters(filters);
    const refs = entriesOf(this.#tables.ingests, this.#namespace).map(({ key: [, ref] }) => ref);
    const meant = refs.filter((ref) => matches(fieldOfStatus({ ref })));
    const statuses = await Promise.all(meant.map((ref) => this.status(ref).catch(undefinedIfGone)));
    return statuses.filter((status) => status !== undefined);
  }

  async abort(ref: string): Promise<void> {
    const { storeRef, expected } = this.#shared.db.update((tables) => {
      const ingest = this.#ingest(ref);
      tables.ingests.remove([this.#namespace, ref]);
      dropFromLease(tables, this.#namespace, this.#leased, { type: "ingests", id: ref });
      return ingest;
    });
    if (expected === undefined) await this.#shared.store.abort(storeRef).catch(undefinedIfGone);
  }

  async writer(options: WriterOptions): Promise<ContentWriter> {
    if (options.ref === "") throw new InvalidArgument("ref must not be empty");
    validateKey(this.#namespace, options.ref);
    const begun = this.#shared.db.update((tables) => this.#begin(tables, options));
    if (begun === undefined) throw new AlreadyExists(`content ${options.expected}: already exists`);
    const plan = { ...begun, ...options, namespace: this.#namespace, leased: this.#leased };
    const writer = await NamespaceWriter.open(this.#shared, plan);
    if (recordAt(this.#tables.ingests, this.#namespace, options.ref)?.storeRef === begun.storeRef) return writer;
    // Who had it open until now has committed or aborted it: what we have opened is nobody's.
    await writer.close();
    await this.#shared.store.abort(begun.storeRef).catch(undefinedIfGone);
    return this.writer(options);
  }

  async reader(digest: Digest): Promise<ContentReader> {
    this.#blob(digest);
    return this.#shared.store.reader(digest);
  }

  /** Makes the record of an ingest; undefined when the namespace has the blob: then there is nothing to write, only to keep. */
  #begin(tables: Tables, { ref, size, expected }: WriterOptions): Pick<IngestPlan, "storeRef" | "present"> | undefined {
    const namespace = this.#namespace;
    ensureNamespace(tables, namespace);
    if (expected !== undefined && recordAt(tables.blobs, namespace, expected) !== undefined) {
      keepUnderLease(tables, namespace, this.#leased, { type: "content", id: expected });
      return undefined;
    }
    const present = expected === undefined ? undefined : this.#presentElsewhere(expected, size);
    const leased = keepUnderLease(tables, namespace, this.#leased, { type: "ingests", id: ref });
    const before = recordAt(tables.ingests, namespace, ref);
    const storeRef = before?.storeRef ?? `${namespace}/${this.#shared.db.nextNumber()}/${ref}`;
    const expiresAt = leased ? before?.expiresAt : new Date(Date.now() + INGEST_LIFETIME_MS);
    const record: IngestRecord = {
      storeRef,
      ...(expiresAt && { expiresAt }),
      ...(present && { expected: present.digest }),
    };
    tables.ingests.put([namespace, ref], record);
    return { storeRef, present };
  }

  /** What the store has because of another namespace, if that is enough, and if it has the size that is expected. */
  #presentElsewhere(digest: Digest, size: number | undefined): PresentBlob | undefined {
    if (this.#shared.policy === "isolated") return undefined;
    const storedSize = this.#shared.store.sizeSync(digest);
    if (storedSize === undefined || (size && size !== storedSize)) return undefined;
    return { digest, size: storedSize };
  }

  #blob(digest: Digest): BlobRecord {
    const record = recordAt(this.#tables.blobs, this.#namespace, digest);
    if (record === undefined) throw new NotFound(`content digest ${digest}: not found`);
    return record;
  }

  #ingest(ref: string): IngestRecord {
    const record = recordAt(this.#tables.ingests, this.#namespace, ref);
    if (record === undefined) throw new NotFound(`reference ${ref}: not found`);
    return record;
  }
}

function maskedLabels(before: Labels, path: string, wanted: Labels, digest: Digest): Labels {
  const labels = maskedMap("labels", path, before, wanted);
  if (labels === undefined)
    throw new InvalidArgument(`cannot update ${quote(path)} field on content info ${quote(digest)}`);
  return labels;
}

/** Whether any namespace has a blob, or is promised it. */
function isBlobKnown({ namespaces, blobs, ingests }: Tables, digest: Digest): boolean {
  const names = [...namespaces.getKeys()];
  return (
    names.some((name) => recordAt(blobs, name, digest) !== undefined) ||
    entriesOf(ingests).some(({ value }) => value.expected === digest)
  );
}

/** Whether a namespace has begun this ingest: its store's ref is NAMESPACE/NUMBER/REF. */
function isIngestKnown({ ingests }: Tables, storeRef: string): boolean {
  const [namespace = "", , ...ref] = storeRef.split("/");
  return recordAt(ingests, namespace, ref.join("/"))?.storeRef === storeRef;
}

/** For what was listed and is gone since. */
function undefinedIfGone(error: unknown): undefined {
  if (!(error instanceof NotFound)) throw error;
}
