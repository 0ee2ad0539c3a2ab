/**
 * `docker rmi`: DELETE /images/NAME; `docker image prune`: POST /images/prune
 *
 *     by name   the name goes; if it was the last one, the image goes too
 *     by ID     the image goes, with its one name; with more than one, only by force
 *
 * With the image go its layers, unless others use them, and then the parents that have no name and nobody uses.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/daemon/images/image_delete.go
 */
import { type Digest, digestEncoded } from "@eras/oci-spec/digest.ts";
import { Conflict, errorKind } from "@eras/oci-spec/errdefs.ts";
import {
  familiarReference,
  parseReference,
  type Reference,
  repositoryName,
  withDefaultTag,
  withDigest,
} from "@eras/oci-spec/reference.ts";
import type { ImageDeleteItem, ImagesPruneReport } from "../../engine-api/image.ts";
import { hasLabels } from "../labels.ts";
import { createdMs, shortId } from "./docker-image.ts";
import { booleanFilter, checkFilters, type Filters, untilMs } from "./filters.ts";
import { isIdPrefix } from "./image-store.ts";
import { findImage, type Images, tellOf } from "./images.ts";

/** A container, as far as its image is concerned. */
export interface ImageUser {
  readonly containerId: string;
  readonly imageId: Digest;
  readonly isRunning: boolean;
}

export interface RemoveOptions {
  /** All containers. */
  readonly users: () => readonly ImageUser[];
  /** Also an image with several names, and one that a stopped container uses. */
  readonly isForced?: boolean;
  /** The parents stay. */
  readonly keepsParents?: boolean;
}

/**
 * Removes an image, or a name of it.
 *
 * @returns What has been done, in its order.
 * @throws {NotFound}; {Conflict} `conflict: unable to delete 72489faf4dae (must be forced) - image is referenced in multiple repositories` …
 */
export async function removeImage(stores: Images, name: string, options: RemoveOptions): Promise<ImageDeleteItem[]> {
  const id = findImage(stores, name);
  const removal = new Removal(stores, options);
  await removal.remove(id, name);
  return removal.done;
}

class Removal {
  readonly done: ImageDeleteItem[] = [];
  readonly #stores: Images;
  readonly #options: RemoveOptions;

  constructor(stores: Images, options: RemoveOptions) {
    this.#stores = stores;
    this.#options = options;
  }

  async remove(id: Digest, name: string): Promise<void> {
    const isQuiet = !isIdPrefix(id, name);
    if (isQuiet) {
      this.#untagByName(id, name);
      if (this.#namesOf(id).length > 0) return;
    } else this.#untagByOnlyName(id);
    await this.#delete(id, { isForced: this.#options.isForced ?? false, isQuiet });
  }

  /** The last name of an image that a container uses is kept, unless by force: the image would be without one. */
  #untagByName(id: Digest, name: string): void {
    const user = this.#users(id)[0];
    if (this.#namesOf(id).length === 1 && user !== undefined && !this.#options.isForced) {
      const container = shortId(user.containerId);
      throw new Conflict(
        `conflict: unable to remove repository reference "${name}" (must force) - container ${container} is using its referenced image ${shortId(id)}`,
      );
    }
    const reference = parseReference(name);
    const given = reference.digest === undefined ? withDefaultTag(reference) : withDigest(reference, reference.digest);
    this.#untag(id, given);
    if (given.digest === undefined) this.#untagDigests(id, given);
  }

  /** Without a tag in a repository, its digests there are of no use. */
  #untagDigests(id: Digest, removed: Reference): void {
    const own = this.#namesOf(id).filter((other) => repositoryName(other) === repositoryName(removed));
    if (own.every(({ digest }) => digest !== undefined)) for (const reference of own) this.#untag(id, reference);
  }

  #untagByOnlyName(id: Digest): void {
    const names = this.#namesOf(id);
    if (!isOnlyName(names)) return;
    this.#checkHard(id);
    if (!this.#options.isForced) this.#checkStopped(id);
    for (const reference of names) this.#untag(id, reference);
  }

  /** @param isQuiet - A name has been removed: that the image has to stay is no failure. */
  async #delete(id: Digest, { isForced, isQuiet }: { isForced: boolean; isQuiet: boolean }): Promise<void> {
    try {
      this.#check(id, isForced);
    } catch (error) {
      if (isQuiet && (error instanceof ImageInUse || !this.#isDangling(id))) return;
      throw error;
    }
    const parent = this.#stores.images.parent(id);
    for (const reference of this.#namesOf(id)) this.#untag(id, reference);
    this.#stores.tell("delete", id, { name: id }); // its labels are no more
    this.done.push({ Deleted: id });
    for (const layer of await this.#stores.images.delete(id)) this.done.push({ Deleted: layer });
    if (parent === undefined || this.#options.keepsParents) return;
    await this.#delete(parent, { isForced: false, isQuiet: true });
  }

  #check(id: Digest, isForced: boolean): void {
    this.#checkHard(id);
    if (isForced) return;
    if (this.#namesOf(id).length > 0)
      throw new Conflict(conflict(id, "must be forced", "image is referenced in multiple repositories"));
    this.#checkStopped(id);
  }

  #checkHard(id: Digest): void {
    const force = "cannot be forced";
    if (this.#stores.images.children(id).length > 0)
      throw new Conflict(conflict(id, force, "image has dependent child images"));
    const running = this.#users(id).find(({ isRunning }) => isRunning);
    if (running)
      throw new ImageInUse(
        conflict(id, force, `image is being used by running container ${shortId(running.containerId)}`),
      );
  }

  #checkStopped(id: Digest): void {
    const stopped = this.#users(id).find(({ isRunning }) => !isRunning);
    if (stopped)
      throw new ImageInUse(
        conflict(id, "must be forced", `image is being used by stopped container ${shortId(stopped.containerId)}`),
      );
  }

  #isDangling(id: Digest): boolean {
    return this.#namesOf(id).length === 0 && this.#stores.images.children(id).length === 0;
  }

  #untag(id: Digest, reference: Reference): void {
    this.#stores.references.delete(reference);
    tellOf(this.#stores, "untag", id, id);
    this.done.push({ Untagged: familiarReference(reference) });
  }

  #namesOf(id: Digest): Reference[] {
    return this.#stores.references.referencesOf(id);
  }

  #users(id: Digest): ImageUser[] {
    return this.#options.users().filter(({ imageId }) => imageId === id);
  }
}

/** The conflict is with a container. */
class ImageInUse extends Conflict {}

function conflict(id: Digest, force: string, reason: string): string {
  return `conflict: unable to delete ${shortId(id)} (${force}) - ${reason}`;
}

/** At most one tag, and digests of the same repository alone. */
function isOnlyName(names: readonly Reference[]): boolean {
  if (names.length <= 1) return true;
  const tags = names.filter(({ digest }) => digest === undefined);
  return tags.length <= 1 && new Set(names.map(repositoryName)).size === 1;
}

const PRUNE_FILTERS = ["dangling", "label", "label!", "until"];

/**
 * Removes images that nobody needs: those without a name, or with `dangling=false` all that no container uses.
 *
 * @throws {InvalidArgument | Unknown} For a filter.
 */
export async function pruneImages(
  stores: Images,
  filters: Filters,
  users: () => readonly ImageUser[],
): Promise<ImagesPruneReport> {
  checkFilters(filters, PRUNE_FILTERS);
  const isDanglingOnly = booleanFilter(filters, "dangling") ?? true;
  const bytes = new Map(stores.layers.all().map((layer) => [layer.chainId as string, layer.bytes]));
  const deleted: ImageDeleteItem[] = [];
  for (const id of candidates(stores, filters, isDanglingOnly)) {
    for (const name of namesToRemove(stores, id, isDanglingOnly))
      deleted.push(...(await removeIfUnused(stores, name, users)));
  }
  const freed = deleted.map((item) => ("Deleted" in item ? (bytes.get(item.Deleted) ?? 0) : 0));
  return { ImagesDeleted: deleted.length === 0 ? null : deleted, SpaceReclaimed: freed.reduce((a, b) => a + b, 0) };
}

function candidates({ images, references }: Images, filters: Filters, isDanglingOnly: boolean): Digest[] {
  const lastMs = untilMs(filters.until);
  return (isDanglingOnly ? images.heads() : images.ids()).filter((id) => {
    const image = images.image(id);
    const labels = image.config?.Labels ?? {};
    if (references.referencesOf(id).length === 0 && images.children(id).length > 0) return false;
    if (createdMs(image) > lastMs || !hasLabels(filters.label ?? [], labels)) return false;
    return !(filters["label!"] ?? []).some((label) => hasLabels([label], labels));
  });
}

/** Not the ID of an image with a name: that would remove it whatever its names are. */
function namesToRemove({ references }: Images, id: Digest, isDanglingOnly: boolean): string[] {
  const names = references.referencesOf(id);
  if (names.length === 0) return [digestEncoded(id)];
  const isKept = isDanglingOnly && names.some(({ digest }) => digest === undefined);
  return isKept ? [] : names.map(familiarReference);
}

async function removeIfUnused(
  stores: Images,
  name: string,
  users: () => readonly ImageUser[],
): Promise<ImageDeleteItem[]> {
  try {
    return await removeImage(stores, name, { users });
  } catch (error) {
    if (["Conflict", "NotFound"].includes(errorKind(error))) return []; // it is in use, or went with another name
    throw error;
  }
}
