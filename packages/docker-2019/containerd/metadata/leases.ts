/**
 * Leases: a client's claim on what it is just making. A pull writes blob after blob before an image points to them; without a lease
 * the garbage collector would take them away meanwhile. What a client makes under a lease is kept until the lease is deleted, or, if
 * the client died, until its label `containerd.io/gc.expire` has passed.
 *
 *     create ──▶ every write names the lease ──▶ create the image, which keeps all of it ──▶ delete
 */

import { isDigest } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, InvalidArgument, NotFound, NotImplemented } from "@eras/oci-spec/errdefs.ts";
import { type UnixNano, unixNano } from "../../proto/timestamps.ts";
import { type FieldOf, fieldOfMap, parseFilters } from "../filters.ts";
import { quote } from "../identifiers.ts";
import { type Labels, validateLabels, withoutEmpty } from "../labels.ts";
import { entriesOf, type MetadataDb, recordAt, validateKey } from "./db.ts";
import { ensureNamespace } from "./namespaces.ts";
import type { Tables } from "./schema.ts";

export interface Lease {
  readonly id: string;
  readonly labels: Labels;
  readonly createdAt: UnixNano;
}

/** What a lease keeps. */
export interface LeaseResource {
  /** `content`, `ingests`, or `snapshots/` and a snapshotter's name. */
  readonly type: string;
  /** A digest, an ingest's ref, a snapshot's key. */
  readonly id: string;
}

/** On whose behalf something is made. */
export interface Leased {
  /** The id of the lease that shall keep it. */
  readonly lease?: string | undefined;
}

export class Leases {
  readonly #db: MetadataDb;

  constructor(db: MetadataDb) {
    this.#db = db;
  }

  /**
   * @throws {InvalidArgument} When the id is empty, or a label too long.
   * @throws {AlreadyExists}
   */
  create(namespace: string, { id, labels = {} }: { readonly id: string; readonly labels?: Labels }): Lease {
    if (id === "") throw new InvalidArgument("lease id must be provided");
    validateKey(id);
    validateLabels(labels, "lease.Labels");
    const record = { labels: withoutEmpty(labels), createdAt: unixNano() };
    this.#db.update((tables) => {
      if (recordAt(tables.leases, namespace, id) !== undefined)
        throw new AlreadyExists(`lease ${quote(id)}: already exists`);
      ensureNamespace(tables, namespace);
      tables.leases.put([namespace, id], record);
    });
    return { id, ...record };
  }

  /** @throws {NotFound} */
  delete(namespace: string, id: string): void {
    this.#db.update((tables) => {
      requireLease(tables, namespace, id);
      removeLease(tables, namespace, id);
      this.#db.markDirty();
    });
  }

  /** @throws {InvalidArgument} When a filter can't be read. */
  list(namespace: string, filters: readonly string[] = []): Lease[] {
    const matches = parseFilters(filters);
    const all = entriesOf(this.#db.tables.leases, namespace).map(({ key: [, id], value }) => ({ id, ...value }));
    return all.filter((lease) => matches(fieldOfLease(lease)));
  }

  /**
   * Has a lease keep something that is there, or will be.
   *
   * @throws {NotFound} When there is no such lease.
   * @throws {InvalidArgument | NotImplemented} When the resource is of no type that leases can keep.
   */
  addResource(namespace: string, lease: string, resource: LeaseResource): void {
    validateKey(lease, resource.id);
    this.#db.update((tables) => {
      requireLease(tables, namespace, lease);
      validateResource(resource);
      tables.resources.put([namespace, lease, resource.type, resource.id], true);
    });
  }

  /** @throws {NotFound} When there is no such lease; that it did not keep the resource is no error. */
  deleteResource(namespace: string, lease: string, resource: LeaseResource): void {
    this.#db.update((tables) => {
      requireLease(tables, namespace, lease);
      validateResource(resource);
      tables.resources.remove([namespace, lease, resource.type, resource.id]);
      this.#db.markDirty();
    });
  }

  /** @throws {NotFound} When there is no such lease. */
  listResources(namespace: string, lease: string): LeaseResource[] {
    requireLease(this.#db.tables, namespace, lease);
    return entriesOf(this.#db.tables.resources, namespace, lease).map(({ key: [, , type, id] }) => ({ type, id }));
  }
}

/**
 * Has the lease of a request, if it has one, keep what the request makes. Within a transaction.
 *
 * @returns Whether there is a lease.
 * @throws {NotFound} When there is no such lease (any more).
 */
export function keepUnderLease(tables: Tables, namespace: string, { lease }: Leased, resource: LeaseResource): boolean {
  if (lease === undefined) return false;
  if (recordAt(tables.leases, namespace, lease) === undefined) throw new NotFound("lease does not exist: not found");
  tables.resources.put([namespace, lease, resource.type, resource.id], true);
  return true;
}

/** The lease of a request no longer keeps what the request takes away. Within a transaction. */
export function dropFromLease(tables: Tables, namespace: string, { lease }: Leased, resource: LeaseResource): void {
  if (lease !== undefined) tables.resources.remove([namespace, lease, resource.type, resource.id]);
}

/** A lease and what it says of resources; not the resources. Within a transaction. */
export function removeLease(tables: Tables, namespace: string, id: string): void {
  tables.leases.remove([namespace, id]);
  for (const { key } of entriesOf(tables.resources, namespace, id)) tables.resources.remove(key);
}

function requireLease({ leases }: Tables, namespace: string, id: string): void {
  if (recordAt(leases, namespace, id) === undefined) throw new NotFound(`lease ${quote(id)}: not found`);
}

function validateResource({ type, id }: LeaseResource): void {
  const [kind, snapshotter, ...more] = type.split("/");
  if (kind === "content" || kind === "ingests") {
    if (snapshotter !== undefined) throw new InvalidArgument(`invalid resource type ${type}`);
    if (kind === "content" && !isDigest(id)) throw new InvalidArgument(`invalid content resource id ${id}`);
  } else if (kind === "snapshots") {
    if (!snapshotter || more.length > 0) throw new InvalidArgument(`invalid snapshot resource type ${type}`);
  } else throw new NotImplemented(`resource type ${type} not supported yet`);
}

function fieldOfLease({ id, labels }: Lease): FieldOf {
  return ([field, ...rest]) => {
    if (field === "id") return id;
    return field === "labels" ? fieldOfMap(labels, rest) : undefined;
  };
}
