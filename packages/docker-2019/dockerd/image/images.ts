/**
 * All that a dockerd knows of images, and how one is found by what people call it.
 *
 *     DATA-ROOT/
 *     ├─ image/overlay2/          one for each graph driver
 *     │  ├─ repositories.json     reference-store.ts
 *     │  ├─ imagedb/              image-store.ts
 *     │  ├─ layerdb/              ../layer/layer-store.ts, ../layer/rw-layers.ts
 *     │  └─ distribution/         distribution-metadata.ts
 *     ├─ overlay2/                ../graphdriver
 *     └─ tmp/                     what is being pulled or loaded
 *
 * Commands are functions that take these stores: list.ts, inspect.ts, remove.ts, pull.ts …
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { removeTree } from "@eras/layers/remove-tree.ts";
import type { Digest } from "@eras/oci-spec/digest.ts";
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import { familiarReference, parseAnyReference, type Reference, withDefaultTag } from "@eras/oci-spec/reference.ts";
import { step } from "../../step.ts";
import type { GraphDriver } from "../graphdriver/driver.ts";
import { LayerStore } from "../layer/layer-store.ts";
import type { RemappedOwners } from "../layer/remapped-owners.ts";
import { RwLayers } from "../layer/rw-layers.ts";
import { DistributionMetadata } from "./distribution-metadata.ts";
import { Downloads } from "./downloads.ts";
import { ImageStore } from "./image-store.ts";
import { ReferenceStore } from "./reference-store.ts";

const PRIVATE_MODE = 0o700;

/** Hears of what happens to images: for `docker events`. */
export type ImageListener = (
  action: "delete" | "import" | "load" | "pull" | "push" | "save" | "tag" | "untag",
  id: string,
  attributes: Readonly<Record<string, string>>,
) => void;

export interface Images {
  readonly images: ImageStore;
  readonly references: ReferenceStore;
  readonly layers: LayerStore;
  /** Containers' layers. */
  readonly rwLayers: RwLayers;
  readonly distribution: DistributionMetadata;
  readonly downloads: Downloads;
  /** A directory for what is half done. */
  readonly temporary: string;
  readonly tell: ImageListener;
}

/** Opens the stores of a data root, and removes layers that nobody uses. */
export async function openImages(
  dataRoot: string,
  driver: GraphDriver,
  tell: ImageListener = () => {},
  owners?: RemappedOwners,
): Promise<Images> {
  const imageRoot = join(dataRoot, "image", driver.name);
  const [layerdb, temporary] = [join(imageRoot, "layerdb"), join(dataRoot, "tmp")];
  await removeTree(temporary); // nobody is at it any more
  for (const path of [imageRoot, temporary]) mkdirSync(path, { recursive: true, mode: PRIVATE_MODE });
  const layers = await LayerStore.open(layerdb, driver, owners);
  const rwLayers = new RwLayers(layerdb, layers);
  const images = new ImageStore(join(imageRoot, "imagedb"), layers);
  await layers.removeUnused();
  return {
    images,
    layers,
    rwLayers,
    references: new ReferenceStore(join(imageRoot, "repositories.json")),
    distribution: new DistributionMetadata(join(imageRoot, "distribution")),
    downloads: new Downloads(temporary),
    temporary,
    tell,
  };
}

/**
 * Finds an image by a name, an ID, or the beginning of an ID.
 *
 * @throws {NotFound} `No such image: busybox:latest`; {InvalidArgument} `invalid reference format`.
 */
export function findImage({ images, references }: Images, name: string): Digest {
  step("dockerd.find-image", { name });
  const parsed = parseAnyReference(name);
  if (typeof parsed === "string") {
    if (images.has(parsed)) return parsed;
    throw new NotFound(`No such image: ${parsed}`);
  }
  const named = references.get(parsed);
  const id = named !== undefined && images.has(named) ? named : images.search(name);
  if (id === undefined) throw noSuchImage(parsed);
  return id;
}

/** In the words of the original. */
export function noSuchImage(reference: Reference): NotFound {
  step("dockerd.miss-image", { name: familiarReference(reference) });
  return new NotFound(`No such image: ${familiarReference(withDefaultTag(reference))}`);
}

/** Tells of something that happened to an image, with its labels. */
export function tellOf({ images, tell }: Images, action: Parameters<ImageListener>[0], id: Digest, name: string): void {
  const labels = images.has(id) ? images.image(id).config?.Labels : undefined;
  tell(action, id, { ...labels, name });
}
