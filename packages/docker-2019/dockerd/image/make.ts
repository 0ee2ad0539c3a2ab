/**
 * New images: `docker commit`, of what a container wrote, and `docker import`, of any tar.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/daemon/images/image_commit.go
 */
import { type Digest, sha256 } from "@eras/oci-spec/digest.ts";
import type { History } from "@eras/oci-spec/image/config.ts";
import { hostPlatform } from "@eras/oci-spec/platform.ts";
import type { Reference } from "@eras/oci-spec/reference.ts";
import type { ContainerConfig } from "../../engine-api/container-config.ts";
import { goJson, sorted } from "../layer/go-json.ts";
import { type Layer, topChainId } from "../layer/layer-store.ts";
import { VERSION } from "../version.ts";
import { type DockerImage, diffIdsOf, goContainerConfig } from "./docker-image.ts";
import { type Images, tellOf } from "./images.ts";
import { addTag } from "./inspect.ts";

/** A tar without a file: two blocks of zeros. */
const EMPTY_LAYER = sha256(Buffer.alloc(1024));

export interface CommitOptions {
  readonly containerId: string;
  /** The container's. */
  readonly containerConfig: ContainerConfig;
  /** The new image's. */
  readonly config: ContainerConfig;
  /** The container's image; undefined of one that is gone. */
  readonly parent: Digest | undefined;
  readonly author?: string;
  readonly comment?: string;
  readonly reference?: Reference;
}

/**
 * Makes an image of what a container wrote. The container stands still meanwhile.
 *
 * @throws {NotFound} When the container has no layer, or there is no such parent.
 */
export async function commitImage(stores: Images, options: CommitOptions): Promise<Digest> {
  const { images, layers, rwLayers } = stores;
  const { containerId, config, containerConfig, parent, author = "", comment = "" } = options;
  const before = parent === undefined ? undefined : images.image(parent);
  const below = before === undefined ? [] : diffIdsOf(before);
  const layer = await layers.register(rwLayers.diff(containerId), topChainId(below));
  const isEmpty = layer.diffId === EMPTY_LAYER;
  const step: History = {
    created: new Date().toISOString(),
    ...(author && { author }),
    ...(containerConfig.Cmd?.length && { created_by: containerConfig.Cmd.join(" ") }),
    ...(comment && { comment }),
    ...(isEmpty && { empty_layer: true }),
  };
  const id = await createOn(layer, stores, {
    ...platformOf(before),
    ...(author && { author }),
    config: goContainerConfig(config),
    container: containerId,
    container_config: goContainerConfig(containerConfig),
    created: step.created!,
    docker_version: VERSION,
    history: [...(before?.history ?? []), step],
    rootfs: { type: "layers", diff_ids: isEmpty ? below : [...below, layer.diffId] },
  });
  if (parent !== undefined) images.setParent(id, parent);
  if (options.reference !== undefined) addTag(stores, id, options.reference);
  return id;
}

function platformOf(image: DockerImage | undefined): Pick<DockerImage, "architecture" | "os" | "variant"> {
  const { architecture, os, variant } = image ?? hostPlatform();
  return { architecture, os, ...(variant && { variant }) };
}

export interface ImportOptions {
  readonly config?: ContainerConfig;
  readonly comment?: string;
  readonly reference?: Reference;
}

/**
 * Makes an image of one layer.
 *
 * @param tar - Of a whole root file system, plain or compressed.
 * @throws {InvalidArgument} When it is no tar.
 */
export async function importImage(
  stores: Images,
  tar: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<Digest> {
  const { config = {}, comment = "", reference } = options;
  const layer = await stores.layers.register(tar);
  const created = new Date().toISOString();
  const id = await createOn(layer, stores, {
    ...platformOf(undefined),
    ...(comment && { comment }),
    config: goContainerConfig(config),
    container_config: goContainerConfig({}),
    created,
    docker_version: VERSION,
    history: [{ created, ...(comment && { comment }) }],
    rootfs: { type: "layers", diff_ids: [layer.diffId] },
  });
  if (reference !== undefined) addTag(stores, id, reference);
  tellOf(stores, "import", id, id);
  return id;
}

/** Gives the layer an image, which holds it from then on. */
async function createOn({ chainId }: Layer, { images, layers }: Images, image: DockerImage): Promise<Digest> {
  try {
    return images.create(Buffer.from(goJson(sorted({ ...image }))));
  } finally {
    await layers.release(chainId);
  }
}
