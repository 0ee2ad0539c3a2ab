/**
 * The content store: bytes named by their digest. Manifests, configurations and layers of images lie in it, packed as they came.
 *
 * A *blob* is whole and never changes. An *ingest* is a blob that is just being written, named by a *ref* that the client chose; it
 * outlasts the client, and containerd, so that a pull which broke off goes on where it stopped:
 *
 *     writer({ ref: "layer-sha256:6c3c…", size: 761382 })    locks the ref; nobody else can write under it meanwhile
 *       write(bytes) write(bytes) …                          the digest is computed as the bytes go by
 *       close()                                              the line broke; the ingest stays, and status(ref) tells how far it is
 *     writer({ ref: "layer-sha256:6c3c…" })                  goes on: what is there is read and hashed once
 *       status().offset                                      from here the client writes
 *       commit({ size, expected })                           compares, and only then there is a blob
 *     reader("sha256:6c3c…")
 *
 * Digest and size are compared here, whatever the client says: what is in the store is what its name says.
 *
 * @see https://github.com/containerd/containerd/blob/v1.2.6/content/content.go
 */

import type { Digest } from "@eras/oci-spec/digest.ts";
import type { UnixNano } from "../../proto/timestamps.ts";
import type { FieldOf } from "../filters.ts";
import { fieldOfMap } from "../filters.ts";
import type { Labels } from "../labels.ts";

/** What is known about a blob. */
export interface ContentInfo {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly labels: Labels;
  readonly createdAt: UnixNano;
  readonly updatedAt: UnixNano;
}

/** How far an ingest is. */
export interface IngestStatus {
  readonly ref: string;
  /** Bytes that are there: where the next ones go. */
  readonly offset: number;
  /** Bytes that there shall be; 0 when nobody said. */
  readonly total: number;
  readonly expected?: Digest;
  readonly startedAt: UnixNano;
  readonly updatedAt: UnixNano;
}

/** What is to be written. */
export interface WriterOptions {
  /** The client's name for this ingest. */
  readonly ref: string;
  /** Bytes, where it is known beforehand. */
  readonly size?: number | undefined;
  /** What it will be. If it is there already, there is nothing to write. */
  readonly expected?: Digest | undefined;
}

/** What was written, as the client believes. What is absent is not compared. */
export interface CommitOptions {
  readonly size?: number | undefined;
  readonly expected?: Digest | undefined;
  readonly labels?: Labels | undefined;
}

/** A blob, opened. It can be read to its end even if it is deleted meanwhile. */
export interface ContentReader {
  readonly size: number;

  /** Bytes from a place on: as many as wanted, or as there are. */
  read(offset: number, length: number): Promise<Buffer>;

  /** May be called more than once. */
  close(): Promise<void>;
}

/** A lock on a ref, and the way to write under it. Calls must follow each other: each after the one before has ended. */
export interface ContentWriter {
  status(): IngestStatus;

  /** Of all that has been written so far. */
  digest(): Digest;

  /** @throws {ResourceExhausted} When the disk is full. */
  write(bytes: Uint8Array): Promise<void>;

  /** Forgets what has been written, all of it: containerd truncates to nothing only. */
  truncate(): Promise<void>;

  /**
   * Makes a blob of it, lasting from now on, and closes the writer, also when it fails.
   *
   * @throws {FailedPrecondition} When size or digest are not what they should be. The ingest stays.
   * @throws {AlreadyExists} When the blob is there. The ingest goes.
   */
  commit(options: CommitOptions): Promise<void>;

  /** Unlocks the ref. Not committed, the ingest stays. May be called more than once. */
  close(): Promise<void>;
}

/** Blobs and ingests. */
export interface ContentStore {
  /** @throws {NotFound} */
  info(digest: Digest): Promise<ContentInfo>;

  /** Blobs in the order of their digests. @throws {InvalidArgument} When a filter can't be read. */
  walk(filters?: readonly string[]): AsyncIterable<ContentInfo>;

  /** @throws {NotFound} */
  delete(digest: Digest): Promise<void>;

  /** @throws {NotFound} When there is no ingest of this ref. */
  status(ref: string): Promise<IngestStatus>;

  /** All ingests. The only field that filters can ask for is `ref`. @throws {InvalidArgument} When a filter can't be read. */
  listStatuses(filters?: readonly string[]): Promise<IngestStatus[]>;

  /** Removes an ingest. @throws {NotFound} When there is none of this ref. */
  abort(ref: string): Promise<void>;

  /**
   * Begins an ingest, or goes on with it.
   *
   * @throws {InvalidArgument} When the ref is empty.
   * @throws {AlreadyExists} When the expected blob is there.
   * @throws {Unavailable} When somebody is writing under this ref, and doesn't stop soon.
   */
  writer(options: WriterOptions): Promise<ContentWriter>;

  /** @throws {NotFound} */
  reader(digest: Digest): Promise<ContentReader>;
}

/** A content store whose blobs have labels: that of a namespace. */
export interface LabelledContentStore extends ContentStore {
  /**
   * Replaces labels: all of them, or those that `fieldPaths` names as `labels.NAME`.
   *
   * @throws {NotFound}
   * @throws {InvalidArgument} When a path names something else, or a label is too long.
   */
  update(digest: Digest, labels: Labels, fieldPaths?: readonly string[]): Promise<ContentInfo>;
}

/** The fields of a blob that filters can ask for. */
export function fieldOfContent({ digest, labels }: Pick<ContentInfo, "digest" | "labels">): FieldOf {
  return ([field, ...rest]) => {
    if (field === "digest") return digest;
    return field === "labels" ? fieldOfMap(labels, rest) : undefined;
  };
}

/** The field of an ingest that filters can ask for. */
export function fieldOfStatus({ ref }: Pick<IngestStatus, "ref">): FieldOf {
  return ([field]) => (field === "ref" ? ref : undefined);
}
