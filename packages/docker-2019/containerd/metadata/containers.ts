/**
 * Containers: records of what could run. A container is not a process: it says what a task would be made of, and lives until it is
 * deleted. Its root is a snapshot, which it keeps from being collected.
 */

import { AlreadyExists, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Any } from "../../proto/gen/google/protobuf/any_pb.ts";
import { type UnixNano, unixNano } from "../../proto/timestamps.ts";
import { step } from "../../step.ts";
import { type FieldOf, fieldOfMap, parseFilters } from "../filters.ts";
import { quote, validateIdentifier } from "../identifiers.ts";
import { type Labels, maskedMap, validateLabels, withoutEmpty } from "../labels.ts";
import { entriesOf, type MetadataDb, recordAt } from "./db.ts";
import { ensureNamespace } from "./namespaces.ts";

export interface Container {
  /** The client's choice; also the name of the bundle's directory. */
  readonly id: string;
  readonly labels: Labels;
  /** The name of an image; only told, never followed. */
  readonly image: string;
  readonly runtime: ContainerRuntime;
  /** Of the OCI runtime specification, as JSON in an Any. containerd does not look inside. */
  readonly spec: Any;
  /** Empty when the client sees to the root itself, as dockerd does. */
  readonly snapshotter: string;
  readonly snapshotKey: string;
  /** Whatever clients keep with it, by their own names. */
  readonly extensions: Readonly<Record<string, Any>>;
  readonly createdAt: UnixNano;
  readonly updatedAt: UnixNano;
}

export interface ContainerRuntime {
  /** `io.containerd.runc.v2`, which names the shim's program. */
  readonly name: string;
  readonly options?: Any;
}

/** What a client says of a container; the rest is empty. It may leave out even what it must not: that is for `create` to tell. */
export type ContainerInit = Pick<Container, "id"> & Partial<Omit<Container, "id" | "createdAt" | "updatedAt">>;

/** What an update without a mask replaces. */
const MUTABLE_FIELDS = ["labels", "spec", "extensions", "image", "snapshotkey"] as const;

export class Containers {
  readonly #db: MetadataDb;

  constructor(db: MetadataDb) {
    this.#db = db;
  }

  /** @throws {NotFound} */
  get(namespace: string, id: string): Container {
    const record = recordAt(this.#db.tables.containers, namespace, id);
    if (record === undefined) throw new NotFound(`container ${quote(id)} in namespace ${quote(namespace)}: not found`);
    return { id, ...record };
  }

  /** @throws {InvalidArgument} When a filter can't be read. */
  list(namespace: string, filters: readonly string[] = []): Container[] {
    const matches = parseFilters(filters);
    const all = entriesOf(this.#db.tables.containers, namespace).map(({ key: [, id], value }) => ({ id, ...value }));
    return all.filter((container) => matches(fieldOfContainer(container)));
  }

  /**
   * @throws {InvalidArgument} When something is missing or may not be so.
   * @throws {AlreadyExists}
   */
  create(namespace: string, init: ContainerInit): Container {
    step("containerd.store-container", { namespace, id: init.id });
    const now = unixNano();
    const container = validContainer(
      { ...EMPTY, ...init, createdAt: now, updatedAt: now },
      "create container failed validation",
    );
    const { id, ...record } = container;
    this.#db.update((tables) => {
      if (recordAt(tables.containers, namespace, id) !== undefined)
        throw new AlreadyExists(`container ${quote(id)}: already exists`);
      ensureNamespace(tables, namespace);
      tables.containers.put([namespace, id], record);
    });
    return container;
  }

  /**
   * Replaces what `fieldPaths` names, or, without any, all that may change: labels, spec, extensions, image and snapshot key.
   *
   * @throws {NotFound}
   * @throws {InvalidArgument} When a path names something else, or runtime or snapshotter would change.
   */
  update(namespace: string, wanted: ContainerInit, fieldPaths: readonly string[] = []): Container {
    if (wanted.id === "") throw new InvalidArgument("must specify a container id");
    return this.#db.update(({ containers }) => {
      const before = this.get(namespace, wanted.id);
      if (fieldPaths.length === 0) checkImmutable(before, wanted);
      const paths = fieldPaths.length === 0 ? MUTABLE_FIELDS : fieldPaths;
      let masked: MaybeContainer = before;
      for (const path of paths) masked = { ...masked, ...maskedField(masked, path, wanted) };
      const container = validContainer({ ...masked, updatedAt: unixNano() }, "update failed validation");
      const { id, ...record } = container;
      containers.put([namespace, id], record);
      return container;
    });
  }

  /** Forgets a container; its snapshot is garbage then. @throws {NotFound} */
  delete(namespace: string, id: string): void {
    this.#db.update(({ containers }) => {
      if (recordAt(containers, namespace, id) === undefined) throw new NotFound(`container ${id}: not found`);
      containers.remove([namespace, id]);
      this.#db.markDirty();
    });
  }
}

/** What is not said. */
const EMPTY = { labels: {}, image: "", runtime: { name: "" }, snapshotter: "", snapshotKey: "", extensions: {} };

type MaybeContainer = Omit<Container, "spec"> & Partial<Pick<Container, "spec">>;

function validContainer(container: MaybeContainer, action: string): Container {
  try {
    return checkedContainer(container);
  } catch (cause) {
    throw new InvalidArgument(`${action}: ${(cause as Error).message}`, { cause });
  }
}

function checkedContainer({ spec, ...container }: MaybeContainer): Container {
  prefixed("container.ID", () => validateIdentifier(container.id));
  if (Object.hasOwn(container.extensions, ""))
    throw new InvalidArgument("container.Extension keys must not be zero-length");
  validateLabels(container.labels, "containers.Labels");
  if (container.runtime.name === "") throw new InvalidArgument("container.Runtime.Name must be set");
  if (spec === undefined) throw new InvalidArgument("container.Spec must be set");
  if (container.snapshotKey !== "" && container.snapshotter === "")
    throw new InvalidArgument("container.Snapshotter must be set if container.SnapshotKey is set");
  return { ...container, spec, labels: withoutEmpty(container.labels) };
}

function prefixed(prefix: string, check: () => void): void {
  try {
    check();
  } catch (cause) {
    throw new InvalidArgument(`${prefix}: ${(cause as Error).message}`, { cause });
  }
}

function checkImmutable(before: Container, wanted: ContainerInit): void {
  if (before.snapshotter !== (wanted.snapshotter ?? ""))
    throw new InvalidArgument("container.Snapshotter field is immutable");
  if (before.runtime.name !== (wanted.runtime?.name ?? ""))
    throw new InvalidArgument("container.Runtime.Name field is immutable");
}

function maskedField(before: MaybeContainer, path: string, wanted: ContainerInit): Partial<MaybeContainer> {
  const labels = maskedMap("labels", path, before.labels, wanted.labels ?? {});
  if (labels !== undefined) return { labels };
  const extensions = maskedMap("extensions", path, before.extensions, wanted.extensions ?? {});
  if (extensions !== undefined) return { extensions };
  if (path === "spec") return { spec: wanted.spec } as Partial<MaybeContainer>; // if absent, validation says so
  if (path === "image") return { image: wanted.image ?? "" };
  if (path === "snapshotkey") return { snapshotKey: wanted.snapshotKey ?? "" };
  throw new InvalidArgument(`cannot update ${quote(path)} field on ${quote(before.id)}`);
}

function fieldOfContainer(container: Container): FieldOf {
  return ([field, ...rest]) => {
    if (field === "id") return container.id;
    if (field === "runtime" && rest[0] === "name") return container.runtime.name;
    if (field === "image") return container.image || undefined;
    return field === "labels" ? fieldOfMap(container.labels, rest) : undefined;
  };
}
