/** `docker image inspect`: GET /images/NAME/json; `docker history`: GET /images/NAME/history; `docker tag`: POST /images/NAME/tag */
import type { Digest } from "@eras/oci-spec/digest.ts";
import { ERROR_CLASSES, errorKind, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import {
  familiarReference,
  parseReference,
  type Reference,
  withDefaultTag,
  withTag,
} from "@eras/oci-spec/reference.ts";
import type { ImageHistoryItem, ImageInspect } from "../../engine-api/image.ts";
import { topChainId } from "../layer/layer-store.ts";
import { createdMs, diffIdsOf, GO_ZERO_TIME, goContainerConfig } from "./docker-image.ts";
import { findImage, type Images, tellOf } from "./images.ts";

/** @throws {NotFound} {InvalidArgument} `no such image: web: No such image: web:latest`; also of what can be no name. */
export function inspectImage(stores: Images, name: string): ImageInspect {
  const id = findImageTwiceSaid(stores, name);
  const { images, layers, references } = stores;
  const image = images.image(id);
  const [tags, digests] = namesOf(references.referencesOf(id));
  const diffIds = diffIdsOf(image);
  const top = topChainId(diffIds);
  const bytes = layers.stackBytes(top);
  return {
    Id: id,
    RepoTags: tags,
    RepoDigests: digests,
    Parent: images.parent(id) ?? "",
    Comment: image.comment || (image.history?.at(-1)?.comment ?? ""),
    Created: image.created ?? GO_ZERO_TIME,
    Container: image.container ?? "",
    ContainerConfig: goContainerConfig(image.container_config ?? {}),
    DockerVersion: image.docker_version ?? "",
    Author: image.author ?? "",
    Config: image.config === undefined ? null : goContainerConfig(image.config),
    Architecture: image.architecture,
    ...(image.variant && { Variant: image.variant }),
    Os: image.os,
    ...(image["os.version"] && { OsVersion: image["os.version"] }),
    Size: bytes,
    VirtualSize: bytes,
    GraphDriver: {
      Data: top === undefined ? null : layers.driver.data(layers.layer(top).cacheId),
      Name: layers.driver.name,
    },
    RootFS: { Type: image.rootfs.type, ...(diffIds.length > 0 && { Layers: diffIds }) },
    Metadata: { LastTagTime: images.lastUpdated(id) },
  };
}

/** This one command of the original says it twice. */
function findImageTwiceSaid(stores: Images, name: string): Digest {
  try {
    return findImage(stores, name);
  } catch (cause) {
    throw new ERROR_CLASSES[errorKind(cause)](`no such image: ${name}: ${(cause as Error).message}`, { cause });
  }
}

function namesOf(references: readonly Reference[]): readonly [tags: string[], digests: string[]] {
  const isTag = ({ digest }: Reference) => digest === undefined;
  return [
    references.filter(isTag).map(familiarReference),
    references.filter((reference) => !isTag(reference)).map(familiarReference),
  ];
}

/**
 * How an image came about, the newest step first. Steps have IDs as far back as the images between are there.
 *
 * @throws {NotFound}; {InvalidArgument} When the image's history has more layers than the image.
 */
export function imageHistory(stores: Images, name: string): ImageHistoryItem[] {
  const id = findImage(stores, name);
  const { images, references } = stores;
  const bytes = layerBytes(stores, id);
  const ids = [id, ...ancestors(stores, id)];
  const steps = [...(images.image(id).history ?? [])].reverse();
  return steps.map((step, i) => {
    const stepId = ids[i];
    const [tags] = namesOf(stepId === undefined ? [] : references.referencesOf(stepId));
    return {
      Comment: step.comment ?? "",
      Created: Math.floor(createdMs(step) / 1000),
      CreatedBy: step.created_by ?? "",
      Id: stepId ?? "<missing>",
      Size: step.empty_layer ? 0 : bytes.pop()!,
      Tags: tags.length === 0 ? null : tags,
    };
  });
}

/** What the layers add that the history tells of, bottom layer first. */
function layerBytes({ images, layers }: Images, id: Digest): number[] {
  const image = images.image(id);
  const count = (image.history ?? []).filter(({ empty_layer }) => !empty_layer).length;
  const stack = layers.stack(topChainId(diffIdsOf(image))).reverse();
  if (count > stack.length) throw new InvalidArgument("too many non-empty layers in History section");
  return stack.slice(0, count).map(({ bytes }) => bytes);
}

function ancestors({ images }: Images, id: Digest): Digest[] {
  const found: Digest[] = [];
  for (let next = images.parent(id); next !== undefined && !found.includes(next); next = images.parent(next))
    found.push(next);
  return found;
}

/**
 * Gives an image another name.
 *
 * @param tag - `latest` if empty. One in `repository` counts for nothing then.
 * @throws {NotFound}; {InvalidArgument} `invalid reference format`, `refusing to create a tag with a digest reference`.
 */
export function tagImage(stores: Images, name: string, repository: string, tag = ""): void {
  const id = findImage(stores, name);
  const reference = parseReference(repository);
  addTag(stores, id, tag === "" ? withDefaultTag(reference) : withTag(reference, tag));
}

/** Gives an image a name, and notes when. */
export function addTag(stores: Images, id: Digest, reference: Reference): void {
  stores.references.addTag(reference, id);
  stores.images.setLastUpdated(id);
  tellOf(stores, "tag", id, familiarReference(reference));
}
