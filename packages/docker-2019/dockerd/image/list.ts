/** `docker images`: GET /images/json */
import type { Digest } from "@eras/oci-spec/digest.ts";
import { familiarName, familiarReference, type Reference } from "@eras/oci-spec/reference.ts";
import type { ImageSummary } from "../../engine-api/image.ts";
import { hasLabels } from "../labels.ts";
import { topChainId } from "../layer/layer-store.ts";
import { createdMs, type DockerImage, diffIdsOf } from "./docker-image.ts";
import { booleanFilter, checkFilters, type Filters, matchesPattern } from "./filters.ts";
import { findImage, type Images } from "./images.ts";

const ACCEPTED = ["dangling", "label", "before", "since", "reference"];
/** What stands for the name of an image without one. */
const NO_TAG = "<none>:<none>";
const NO_DIGEST = "<none>@<none>";

/**
 * Lists images, the newest first.
 *
 * @param isAll - Also those that are only there because others were built on them.
 * @throws {InvalidArgument} For a filter; {NotFound} when `before` or `since` names no image.
 */
export function listImages(stores: Images, filters: Filters, { isAll = false } = {}): ImageSummary[] {
  checkFilters(filters, ACCEPTED);
  const dangling = booleanFilter(filters, "dangling");
  const { images } = stores;
  const candidates = dangling ? images.heads() : images.ids();
  const found = candidates.filter((id) => matches(images.image(id), stores, filters));
  found.sort((a, b) => createdMs(images.image(b)) - createdMs(images.image(a)));
  return found.flatMap((id) => summaryOf(id, stores, { filters, dangling, isAll }));
}

/** What filters say about the image, and not about its names. */
function matches(image: DockerImage, stores: Images, { before = [], since = [], label = [] }: Filters): boolean {
  const created = createdMs(image);
  const timeOf = (name: string) => createdMs(stores.images.image(findImage(stores, name)));
  if (!before.every((name) => created < timeOf(name)) || !since.every((name) => created > timeOf(name))) return false;
  return label.length === 0 || hasLabels(label, image.config?.Labels ?? {});
}

interface Wanted {
  readonly filters: Filters;
  readonly dangling: boolean | undefined;
  readonly isAll: boolean;
}

function summaryOf(id: Digest, stores: Images, { filters, dangling, isAll }: Wanted): ImageSummary[] {
  const all = stores.references.referencesOf(id);
  const patterns = filters.reference ?? [];
  const names = patterns.length === 0 ? all : all.filter((name) => patterns.some((one) => isLike(one, name)));
  if (names.length > 0) return dangling && names.some(isTag) ? [] : [summary(id, stores, names)];
  const isShown = isAll || stores.images.children(id).length === 0;
  return isShown && dangling !== false && patterns.length === 0 ? [summary(id, stores, [])] : [];
}

/** The whole name is as the pattern says, or the part without tag and digest. */
function isLike(pattern: string, name: Reference): boolean {
  return matchesPattern(pattern, familiarReference(name)) || matchesPattern(pattern, familiarName(name));
}

function isTag({ digest }: Reference): boolean {
  return digest === undefined;
}

/** As Go writes them: null for none; and what has no name at all gets two. */
function summary(id: Digest, { images, layers }: Images, names: readonly Reference[]): ImageSummary {
  const image = images.image(id);
  const bytes = layers.stackBytes(topChainId(diffIdsOf(image)));
  const isNameless = names.length === 0;
  const listOf = (some: readonly Reference[]) => (some.length === 0 ? null : some.map(familiarReference));
  return {
    Containers: -1,
    Created: Math.floor(createdMs(image) / 1000),
    Id: id,
    Labels: image.config?.Labels ?? null,
    ParentId: images.parent(id) ?? "",
    RepoDigests: isNameless ? [NO_DIGEST] : listOf(names.filter((name) => !isTag(name))),
    RepoTags: isNameless ? [NO_TAG] : listOf(names.filter(isTag)),
    SharedSize: -1,
    Size: bytes,
    VirtualSize: bytes,
  };
}
