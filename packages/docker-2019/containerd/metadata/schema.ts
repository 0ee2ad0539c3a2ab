/**
 * What containerd knows, as it is stored: one LMDB file, in it a table for each kind of thing, in each table the things of all
 * namespaces. A namespace sees its own and nothing else; deleting it is deleting a prefix.
 *
 *     metadata.mdb
 *     ├─ version     "schema"                          →  2
 *     ├─ namespaces  NAMESPACE                         →  labels
 *     ├─ containers  [NAMESPACE, ID]                   →  image, runtime, spec, snapshotter, snapshotKey, extensions, labels, times
 *     ├─ images      [NAMESPACE, NAME]                 →  target (media type, digest, size, annotations), labels, times
 *     ├─ leases      [NAMESPACE, ID]                   →  labels, time
 *     ├─ resources   [NAMESPACE, LEASE, TYPE, ID]      →  true: the lease keeps it; TYPE is content, ingests or snapshots/SNAPSHOTTER
 *     ├─ blobs       [NAMESPACE, DIGEST]               →  size, labels, times
 *     ├─ ingests     [NAMESPACE, REF]                  →  storeRef, expiresAt?, expected?
 *     └─ snapshots   [NAMESPACE, SNAPSHOTTER, KEY]     →  name, parent?, labels, times
 *
 * Beside the file lie the bytes: blobs and ingests in the content store, directories in the snapshotters. Those know no namespaces.
 * So two names lead from here to there: an ingest's `storeRef` and a snapshot's `name`, both `NAMESPACE/NUMBER/KEY`, each given once. A
 * blob needs none, its digest is the same for everybody.
 *
 * @see https://github.com/containerd/containerd/blob/v1.2.6/metadata/buckets.go
 */

import type { Digest } from "@eras/oci-spec/digest.ts";
import type { Database } from "lmdb";
import type { UnixNano } from "../../proto/timestamps.ts";
import type { Labels } from "../labels.ts";
import type { Container } from "./containers.ts";
import type { Image } from "./images.ts";
import type { Lease } from "./leases.ts";

/** To be raised when the tables change in a way that an older containerd would misread. In version 1, times were Dates. */
export const SCHEMA_VERSION = 2;

/** Bytes of a key that LMDB takes with pages of 8 KiB, less what the encoding of its parts adds. */
export const MAX_KEY_BYTES = 3800;

/** A namespace that was created, or in which something was stored. */
export interface NamespaceRecord {
  readonly labels: Labels;
}

/** A blob that a namespace has. */
export interface BlobRecord {
  readonly size: number;
  readonly labels: Labels;
  readonly createdAt: UnixNano;
  readonly updatedAt: UnixNano;
}

/** A write that a namespace has begun. */
export interface IngestRecord {
  /** What it is called in the content store. */
  readonly storeRef: string;
  /** When it may be given up; absent as long as a lease answers for it. */
  readonly expiresAt?: Date;
  /** The blob is in the content store already, because of another namespace: nothing need be written. */
  readonly expected?: Digest;
}

/** A snapshot that a namespace has. Its kind, its files and its mounts are the snapshotter's affair. */
export interface SnapshotRecord {
  /** What it is called in the snapshotter. */
  readonly name: string;
  /** A key of the same namespace and snapshotter. */
  readonly parent?: string;
  readonly labels: Labels;
  readonly createdAt: UnixNano;
  readonly updatedAt: UnixNano;
}

export type ContainerRecord = Omit<Container, "id">;
export type ImageRecord = Omit<Image, "name">;
export type LeaseRecord = Omit<Lease, "id">;

/** The tables, as drawn above. */
export interface Tables {
  readonly namespaces: Database<NamespaceRecord, string>;
  readonly containers: Database<ContainerRecord, [string, string]>;
  readonly images: Database<ImageRecord, [string, string]>;
  readonly leases: Database<LeaseRecord, [string, string]>;
  readonly resources: Database<true, [string, string, string, string]>;
  readonly blobs: Database<BlobRecord, [string, string]>;
  readonly ingests: Database<IngestRecord, [string, string]>;
  readonly snapshots: Database<SnapshotRecord, [string, string, string]>;
}

/** Their names. */
export const TABLE_NAMES = [
  "namespaces",
  "containers",
  "images",
  "leases",
  "resources",
  "blobs",
  "ingests",
  "snapshots",
] as const satisfies readonly (keyof Tables)[];
