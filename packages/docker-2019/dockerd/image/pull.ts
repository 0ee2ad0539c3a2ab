/**
 * `docker pull`: POST /images/create?fromImage=NAME
 *
 *     name ─▶ manifest, or a list of which one suits this machine ─▶ config
 *                                                              └──▶ layers: three at once are fetched …
 *                                                                           … and unpacked one after the other, for each lies on the last
 *
 * What is told, in Docker's words:
 *
 *     {"status":"Pulling from library/busybox","id":"latest"}
 *     {"status":"Already exists","progressDetail":{},"id":"c6a0a5b2e1f0"}
 *     {"status":"Pulling fs layer", …}   Waiting   Downloading …   Verifying Checksum   Download complete   Extracting …   Pull complete
 *     {"status":"Digest: sha256:9a3f…"}
 *     {"status":"Status: Downloaded newer image for busybox:latest"}
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/distribution/pull_v2.go
 */
import { type Digest, sha256 } from "@eras/oci-spec/digest.ts";
import { FailedPrecondition, InvalidArgument, NotFound, NotImplemented, Unknown } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { chooseManifest, type ImageIndex, parseIndex } from "@eras/oci-spec/image/image-index.ts";
import { type Manifest, parseManifest } from "@eras/oci-spec/image/manifest.ts";
import { DOCKER_MANIFEST, isForeignLayer, isIndexType } from "@eras/oci-spec/image/media-types.ts";
import { formatPlatform, hostPlatform, type Platform } from "@eras/oci-spec/platform.ts";
import {
  familiarName,
  familiarReference,
  type Reference,
  repositoryName,
  withDigest,
  withTag,
} from "@eras/oci-spec/reference.ts";
import type { RegistryClient, Repository } from "@eras/registry-client/client.ts";
import { fetchManifest, listTags, resolveManifest } from "@eras/registry-client/manifests.ts";
import { retrying } from "@eras/registry-client/retry.ts";
import { step } from "../../step.ts";
import { topChainId } from "../layer/layer-store.ts";
import { diffIdsOf, parseDockerImage, shortId } from "./docker-image.ts";
import type { Download, DownloadListener } from "./downloads.ts";
import type { Images } from "./images.ts";
import { stateMessage, type Tell, Transfer } from "./progress.ts";
import { refuseOtherClasses, refuseOtherTypes } from "./pulled-types.ts";
import { pullError } from "./registry-words.ts";

/** No config is longer: docker/distribution's limit for manifests. */
const MAX_CONFIG_BYTES = 4 << 20;

export interface PullOptions {
  readonly client: RegistryClient;
  readonly tell: Tell;
  /** This machine's if not given. */
  readonly platform?: Platform;
}

/**
 * Pulls an image, and gives it its name; of a repository, with neither tag nor digest, all that it has tags for.
 *
 * @returns The images' IDs.
 * @throws {NotFound} `manifest for web:1 not found: manifest unknown: manifest unknown`, before anything was told; what fails later, fails as
 * the registry or the layers do.
 */
export async function pullImage(stores: Images, reference: Reference, options: PullOptions): Promise<Digest[]> {
  const repository = options.client.repository(reference, "pull");
  const pulled = await pullAll(stores, reference, repository, options);
  const news = pulled.some(({ isNew }) => isNew) ? "Downloaded newer image for" : "Image is up to date for";
  options.tell({ status: `Status: ${news} ${familiarReference(reference)}` });
  stores.tell("pull", familiarReference(reference), { name: familiarName(reference) });
  return pulled.map(({ id }) => id);
}

async function pullAll(
  stores: Images,
  reference: Reference,
  repository: Repository,
  options: PullOptions,
): Promise<Pulled[]> {
  const pulled: Pulled[] = [];
  try {
    for (const one of await referencesIn(repository, reference))
      pulled.push(await new Pull(stores, one, repository, options).run());
  } catch (cause) {
    throw await pullError(cause, reference);
  }
  return pulled;
}

async function referencesIn(repository: Repository, reference: Reference): Promise<Reference[]> {
  if (reference.tag !== undefined || reference.digest !== undefined) return [reference];
  return (await listTags(repository)).map((tag) => withTag(reference, tag));
}

interface Pulled {
  readonly id: Digest;
  /** Whether the name stood for another image before. */
  readonly isNew: boolean;
}

class Pull {
  readonly #stores: Images;
  readonly #reference: Reference;
  readonly #repository: Repository;
  readonly #options: PullOptions;

  constructor(stores: Images, reference: Reference, repository: Repository, options: PullOptions) {
    this.#stores = stores;
    this.#reference = reference;
    this.#repository = repository;
    this.#options = options;
  }

  async run(): Promise<Pulled> {
    step("dockerd.pull-image", { name: repositoryName(this.#reference), tag: this.#reference.tag });
    const target = await resolveManifest(this.#repository, this.#reference);
    const document = await this.#document(target);
    const { path, tag, digest } = this.#reference;
    this.#options.tell({ status: `Pulling from ${path}`, id: digest ?? tag! });
    const manifest = "manifests" in document ? await this.#chosen(document) : document;
    const id = await this.#image(manifest);
    const isNew = this.#name(id, target.digest);
    this.#options.tell({ status: `Digest: ${target.digest}` });
    return { id, isNew };
  }

  async #document(target: Descriptor): Promise<Manifest | ImageIndex> {
    step("dockerd.fetch-manifest", { ...target });
    const bytes = await fetchManifest(this.#repository, target).catch((cause) => {
      if (!(cause instanceof FailedPrecondition)) throw cause;
      throw new FailedPrecondition(`manifest verification failed for digest ${target.digest}`, { cause });
    });
    if (isIndexType(target.mediaType)) return parseIndex(bytes);
    const manifest = parseManifest(bytes);
    if (target.mediaType === DOCKER_MANIFEST) refuseOtherClasses(manifest);
    return manifest;
  }

  /** Of a list. What it says of sizes doesn't count: there are lists that are wrong there. */
  async #chosen(index: ImageIndex): Promise<Manifest> {
    const platform = this.#options.platform ?? hostPlatform();
    const chosen = chooseManifest(index, platform);
    if (chosen !== undefined) {
      const { digest, mediaType } = chosen;
      return parseManifest(await fetchManifest(this.#repository, { digest, mediaType }));
    }
    throw new NotFound(`no matching manifest for ${formatPlatform(platform)} in the manifest list entries`);
  }

  /** An image that is there is not fetched again. */
  async #image({ config, layers }: Manifest): Promise<Digest> {
    step("dockerd.look-for-config", { digest: config.digest });
    const { images } = this.#stores;
    if (images.has(config.digest)) return config.digest;
    refuseOtherTypes([config, ...layers]);
    const foreign = layers.find(({ mediaType }) => isForeignLayer(mediaType));
    if (foreign) throw new NotImplemented(`Cannot pull ${foreign.digest}: foreign layers are for Windows`);
    const json = this.#config(config);
    json.catch(() => {}); // heard of below
    const pulled = new LayerPull(this.#stores, this.#repository, repositoryName(this.#reference), this.#options.tell);
    try {
      const diffIds = await pulled.run(layers);
      const image = parseDockerImage(await json);
      if (diffIdsOf(image).join() !== diffIds.join()) {
        throw new InvalidArgument("layers from manifest don't match image configuration");
      }
      return images.create(await json);
    } finally {
      await pulled.release();
    }
  }

  /** Whatever the manifest says of its size. */
  async #config({ digest }: Descriptor): Promise<Buffer> {
    try {
      const bytes = await retrying(this.#repository.client.tries(), async () => {
        const answer = await this.#repository.ask({ method: "GET", target: `blobs/${digest}` });
        return answer.bytes(MAX_CONFIG_BYTES);
      });
      if (sha256(bytes) === digest) return bytes;
      throw new FailedPrecondition(`image config verification failed for digest ${digest}`);
    } catch (cause) {
      const { message } = (await pullError(cause, this.#reference)) as Error;
      throw new Unknown(`error pulling image configuration: ${message}`);
    }
  }

  /** @returns Whether the name stands for another image than before. */
  #name(id: Digest, digest: Digest): boolean {
    step("dockerd.name-image", { name: familiarReference(this.#reference), id });
    const { references, images } = this.#stores;
    const before = references.get(this.#reference);
    // Of a list's digest it may be another platform's image that has the name, which keeps it, unless the digest was asked for.
    const isAsked = this.#reference.digest !== undefined;
    if (isAsked || references.get(withDigest(this.#reference, digest)) === undefined)
      references.addDigest(this.#reference, digest, id, { force: isAsked });
    if (before === id) return false;
    if (!isAsked) references.addTag(this.#reference, id);
    images.setLastUpdated(id);
    return true;
  }
}

/** One layer that has to be fetched. */
interface Fetching {
  readonly descriptor: Descriptor;
  readonly download: Download;
  readonly listener: DownloadListener;
}

/** The layers of one image on their way. */
class LayerPull {
  readonly #stores: Images;
  readonly #repository: Repository;
  readonly #repositoryName: string;
  readonly #tell: Tell;
  readonly #diffIds: Digest[] = [];
  /** The topmost layer that is there, held. */
  #top: Digest | undefined;

  constructor(stores: Images, repository: Repository, name: string, tell: Tell) {
    this.#stores = stores;
    this.#repository = repository;
    this.#repositoryName = name;
    this.#tell = tell;
  }

  /** @returns The layers' diffIDs, bottom layer first. */
  async run(layers: readonly Descriptor[]): Promise<readonly Digest[]> {
    const known = await this.#takeKnown(layers);
    const missing = layers.slice(known);
    for (const { digest } of missing) this.#tell(stateMessage("Pulling fs layer", shortId(digest)));
    const fetching = missing.map((descriptor) => this.#begin(descriptor));
    let done = 0;
    try {
      for (; done < fetching.length; done++) await this.#register(fetching[done]!);
    } finally {
      for (const [i, { download, listener }] of fetching.entries())
        this.#stores.downloads.leave(download, listener, i < done);
    }
    return this.#diffIds;
  }

  /** Nobody needs what is there because of this: the image holds it, or there is none. */
  async release(): Promise<void> {
    if (this.#top !== undefined) await this.#stores.layers.release(this.#top);
  }

  /** From the bottom on, the layers that are there. @returns How many. */
  async #takeKnown(descriptors: readonly Descriptor[]): Promise<number> {
    step("dockerd.skip-layers", { layers: descriptors.length });
    const { distribution, layers } = this.#stores;
    for (const [i, { digest }] of descriptors.entries()) {
      const diffId = distribution.diffId(digest);
      const stack = diffId && topChainId([...this.#diffIds, diffId]);
      if (diffId === undefined || stack === undefined || !layers.has(stack)) return i;
      this.#tell(stateMessage("Already exists", shortId(digest)));
      layers.hold(stack);
      await this.#put(stack, diffId, digest);
    }
    return descriptors.length;
  }

  #begin(descriptor: Descriptor): Fetching {
    step("dockerd.fetch-layer", { digest: descriptor.digest, bytes: descriptor.size });
    const id = shortId(descriptor.digest);
    const transfer = new Transfer(this.#tell, "Downloading", id, descriptor.size);
    const listener: DownloadListener = {
      onWaiting: () => this.#tell(stateMessage("Waiting", id)),
      onProgress: (offset) => transfer.at(offset),
      onVerifying: () => {
        this.#tell(stateMessage("Verifying Checksum", id));
        this.#tell(stateMessage("Download complete", id));
      },
    };
    return { descriptor, listener, download: this.#stores.downloads.join(this.#repository, descriptor, listener) };
  }

  async #register({ descriptor, download }: Fetching): Promise<void> {
    const id = shortId(descriptor.digest);
    const blob = await download.blob();
    const layer = await this.#stores.layers.register(
      new Transfer(this.#tell, "Extracting", id, descriptor.size).watch(blob),
      this.#top,
    );
    await this.#put(layer.chainId, layer.diffId, descriptor.digest);
    this.#tell(stateMessage("Pull complete", id));
  }

  /** The layer is there, and held: it holds the one below. */
  async #put(stack: Digest, diffId: Digest, digest: Digest): Promise<void> {
    const below = this.#top;
    this.#top = stack;
    this.#diffIds.push(diffId);
    this.#stores.distribution.add(diffId, { Digest: digest, SourceRepository: this.#repositoryName });
    if (below !== undefined) await this.#stores.layers.release(below);
  }
}
