/**
 * Images: names for content. An image is a pointer to a manifest or an index, and what keeps all that hangs on it: the labels of the
 * blobs tell the garbage collector what belongs to what.
 */

import { isDigest } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { type UnixNano, unixNano } from "../../proto/timestamps.ts";
import { step } from "../../step.ts";
import { type FieldOf, fieldOfMap, parseFilters } from "../filters.ts";
import { quote } from "../identifiers.ts";
import { type Labels, maskedMap, validateLabels, withoutEmpty } from "../labels.ts";
import { entriesOf, type MetadataDb, recordAt, validateKey } from "./db.ts";
import { ensureNamespace } from "./namespaces.ts";

/** What an image's target may say; all but the annotations it must. */
export type ImageTarget = Pick<Descriptor, "mediaType" | "digest" | "size" | "annotations">;

export interface Image {
  /** A reference like `docker.io/library/busybox:latest`, or whatever a client likes. */
  readonly name: string;
  readonly labels: Labels;
  readonly target: ImageTarget;
  readonly createdAt: UnixNano;
  readonly updatedAt: UnixNano;
}

/** What a client says of an image. */
export type ImageInit = Pick<Image, "name" | "target"> & Partial<Pick<Image, "labels">>;

export class Images {
  readonly #db: MetadataDb;

  constructor(db: MetadataDb) {
    this.#db = db;
  }

  /** @throws {NotFound} */
  get(namespace: string, name: string): Image {
    const record = recordAt(this.#db.tables.images, namespace, name);
    if (record === undefined) throw new NotFound(`image ${quote(name)}: not found`);
    return { name, ...record };
  }

  /** @throws {InvalidArgument} When a filter can't be read. */
  list(namespace: string, filters: readonly string[] = []): Image[] {
    const matches = parseFilters(filters);
    const all = entriesOf(this.#db.tables.images, namespace).map(({ key: [, name], value }) => ({ name, ...value }));
    return all.filter((image) => matches(fieldOfImage(image)));
  }

  /**
   * @throws {InvalidArgument} When the name is empty, or the target says too little.
   * @throws {AlreadyExists}
   */
  create(namespace: string, init: ImageInit): Image {
    step("containerd.register-image", { name: init.name, digest: init.target.digest });
    const now = unixNano();
    const image = validImage({ ...init, labels: init.labels ?? {}, createdAt: now, updatedAt: now });
    const { name, ...record } = image;
    this.#db.update((tables) => {
      if (recordAt(tables.images, namespace, name) !== undefined)
        throw new AlreadyExists(`image ${quote(name)}: already exists`);
      ensureNamespace(tables, namespace);
      tables.images.put([namespace, name], record);
    });
    return image;
  }

  /**
   * Replaces what `fieldPaths` names (`labels`, `labels.NAME`, `annotations`, `annotations.NAME`, `target`), or, without any, all.
   *
   * @throws {NotFound}
   * @throws {InvalidArgument} When a path names something else, or the target says too little.
   */
  update(namespace: string, wanted: ImageInit, fieldPaths: readonly string[] = []): Image {
    if (wanted.name === "") throw new InvalidArgument("Image.Name required");
    return this.#db.update(({ images }) => {
      const before = this.get(namespace, wanted.name);
      const paths = fieldPaths.length === 0 ? ["labels", "target"] : fieldPaths;
      let masked: Image = before;
      for (const path of paths) masked = { ...masked, ...maskedField(masked, path, wanted) };
      const image = validImage({ ...masked, updatedAt: unixNano() });
      const { name, ...record } = image;
      images.put([namespace, name], record);
      if (image.target.digest !== before.target.digest) this.#db.markDirty(); // what it pointed to may be garbage
      return image;
    });
  }

  /** Forgets a name; what it alone kept is garbage then. @throws {NotFound} */
  delete(namespace: string, name: string): void {
    this.#db.update(({ images }) => {
      if (recordAt(images, namespace, name) === undefined) throw new NotFound(`image ${quote(name)}: not found`);
      images.remove([namespace, name]);
      this.#db.markDirty();
    });
  }
}

function validImage(image: Image): Image {
  if (image.name === "") throw new InvalidArgument("Image.Name required");
  validateKey(image.name);
  validateLabels(image.labels, "image.Labels");
  const { mediaType, digest, size, annotations } = image.target;
  if (!isDigest(digest)) throw new InvalidArgument(`Target.Digest ${quote(digest)} invalid`);
  if (size <= 0) throw new InvalidArgument("Target.Size must be greater than zero");
  if (mediaType === "") throw new InvalidArgument("Target.MediaType must be set");
  const target = { mediaType, digest, size, ...(annotations && { annotations: withoutEmpty(annotations) }) };
  return { ...image, target, labels: withoutEmpty(image.labels) };
}

function maskedField(before: Image, path: string, { labels = {}, target }: ImageInit): Partial<Image> {
  if (path === "target") return { target };
  const maskedLabels = maskedMap("labels", path, before.labels, labels);
  if (maskedLabels !== undefined) return { labels: maskedLabels };
  const annotations = maskedMap("annotations", path, before.target.annotations ?? {}, target.annotations ?? {});
  if (annotations !== undefined) return { target: { ...before.target, annotations } };
  throw new InvalidArgument(`cannot update ${quote(path)} field on image ${quote(before.name)}`);
}

function fieldOfImage({ name, labels, target }: Image): FieldOf {
  return ([field, ...rest]) => {
    if (field === "name") return name;
    if (field === "target" && rest[0] === "digest") return target.digest;
    if (field === "target" && rest[0] === "mediatype") return target.mediaType;
    if (field === "annotations") return fieldOfMap(target.annotations ?? {}, rest);
    return field === "labels" ? fieldOfMap(labels, rest) : undefined;
  };
}
