/**
 * `docker push`: POST /images/NAME/push
 *
 *     layers, five at once:   known to be in the repository ─▶ asked for              Layer already exists
 *                             known to be in another one    ─▶ mounted from there     Mounted from base
 *                             else its tar, compressed      ─▶ sent                   Pushing …   Pushed
 *     then the config, and the manifest under its tag
 *
 * What is told, in Docker's words; layers, the topmost first, go by their diffIDs:
 *
 *     {"status":"The push refers to repository [docker.io/library/web]"}
 *     {"status":"Preparing","progressDetail":{},"id":"207f190d774f"}   Waiting   Pushing …   Pushed
 *     {"status":"1: digest: sha256:… size: 528"}
 *     {"progressDetail":{},"aux":{"Tag":"1","Digest":"sha256:…","Size":528}}
 *
 * The original compresses while it sends; here the compressed layer is on the disk first, so that the registry can be asked for it.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/distribution/push_v2.go
 */
import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Digest, Digester, sha256 } from "@eras/oci-spec/digest.ts";
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import type { Manifest } from "@eras/oci-spec/image/manifest.ts";
import { DOCKER_CONFIG, DOCKER_LAYER_GZIP, DOCKER_MANIFEST } from "@eras/oci-spec/image/media-types.ts";
import { familiarName, familiarReference, type Reference, repositoryName } from "@eras/oci-spec/reference.ts";
import { blobBytes } from "@eras/registry-client/blobs.ts";
import type { RegistryClient, Repository } from "@eras/registry-client/client.ts";
import type { ContentSource } from "@eras/registry-client/content.ts";
import { putManifest } from "@eras/registry-client/manifests.ts";
import { refusalOf } from "@eras/registry-client/registry-error.ts";
import { Slots } from "@eras/registry-client/slots.ts";
import { mountBlob, uploadBlob } from "@eras/registry-client/uploads.ts";
import { type Layer, topChainId } from "../layer/layer-store.ts";
import type { KnownBlob } from "./distribution-metadata.ts";
import { diffIdsOf, shortId } from "./docker-image.ts";
import type { Images } from "./images.ts";
import { stateMessage, type Tell, Transfer } from "./progress.ts";
import { pushError } from "./registry-words.ts";

/** Docker's --max-concurrent-uploads. */
const CONCURRENCY = 5;
/** How many repositories are asked for one layer. */
const MAX_MOUNT_ATTEMPTS = 4;
/** Docker's manifests are written so: their digests depend on it. */
const INDENT = "   ";

export interface PushOptions {
  readonly client: RegistryClient;
  readonly tell: Tell;
  /** Layers that are sent at a time: `--max-concurrent-uploads`; 0 for any number. */
  readonly concurrency?: number;
}

/**
 * Pushes the image of a tag, or all that the repository has tags for.
 *
 * @throws {NotFound} `An image does not exist locally with the tag: web`; `tag does not exist: web:2`.
 * @throws {Unknown} `denied: requested access to the resource is denied`; as the registry fails.
 */
export async function pushImage(stores: Images, reference: Reference, options: PushOptions): Promise<void> {
  const { client, tell, concurrency = CONCURRENCY } = options;
  tell({ status: `The push refers to repository [${repositoryName(reference)}]` });
  const associations = stores.references.inRepository(reference);
  if (associations.length === 0) {
    throw new NotFound(`An image does not exist locally with the tag: ${familiarName(reference)}`);
  }
  const wanted = associations.filter((one) => one.reference.tag !== undefined && isWanted(one.reference, reference));
  if (wanted.length === 0) throw new NotFound(`tag does not exist: ${familiarReference(reference)}`);
  const push = new Push(stores, client.repository(reference, "push"), tell, concurrency);
  for (const { reference: tagged, id } of wanted) await withDockersWords(() => push.image(tagged, id));
  stores.tell("push", familiarReference(reference), { name: familiarName(reference) });
}

function isWanted({ tag }: Reference, wanted: Reference): boolean {
  return wanted.tag === undefined || wanted.tag === tag;
}

async function withDockersWords(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw await pushError(error);
  }
}

class Push {
  readonly #stores: Images;
  readonly #repository: Repository;
  readonly #tell: Tell;
  readonly #slots: Slots;
  #hasFailed = false;

  constructor(stores: Images, repository: Repository, tell: Tell, concurrency: number) {
    this.#stores = stores;
    this.#slots = new Slots(concurrency || Number.POSITIVE_INFINITY);
    this.#repository = repository;
    this.#tell = tell;
  }

  async image(reference: Reference, id: Digest): Promise<void> {
    const { images, layers, references } = this.#stores;
    const top = topChainId(diffIdsOf(images.image(id)));
    if (top !== undefined) layers.hold(top); // the image may be removed meanwhile
    try {
      const json = images.json(id);
      await this.#repository.reach(); // layers are told of only when there is somebody to send them to
      const sent = await this.#all(layers.stack(top));
      const config = { mediaType: DOCKER_CONFIG, size: json.length, digest: id };
      await uploadBlob(this.#repository, config, sourceOf(json));
      const descriptor = await this.#putManifest({ config, layers: sent.reverse() }, reference.tag!);
      if (images.has(id)) references.addDigest(reference, descriptor.digest, id);
    } finally {
      if (top !== undefined) await layers.release(top);
    }
  }

  async #putManifest(parts: Pick<Manifest, "config" | "layers">, tag: string): Promise<Descriptor> {
    const manifest: Manifest = { schemaVersion: 2, mediaType: DOCKER_MANIFEST, ...parts };
    const bytes = Buffer.from(JSON.stringify(manifest, null, INDENT));
    const descriptor = { mediaType: DOCKER_MANIFEST, digest: sha256(bytes), size: bytes.length };
    await putManifest(this.#repository, descriptor, bytes, tag);
    const { digest, size } = descriptor;
    this.#tell({ status: `${tag}: digest: ${digest} size: ${size}` });
    this.#tell({ progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: size } });
    return descriptor;
  }

  /** Waits for all, even after a failure: nothing is sent any more when the push has ended. */
  async #all(stack: readonly Layer[]): Promise<Descriptor[]> {
    for (const { diffId } of stack) this.#tell(stateMessage("Preparing", shortId(diffId)));
    const sent = stack.map((layer) => this.#inSlot(layer));
    await Promise.allSettled(sent);
    return await Promise.all(sent);
  }

  async #inSlot(layer: Layer): Promise<Descriptor> {
    let isWaiting = true;
    const sent = this.#slots.run(async () => {
      isWaiting = false;
      if (this.#hasFailed) throw new Error("Cannot push: another layer has failed");
      return await this.#layer(layer);
    });
    if (isWaiting) this.#tell(stateMessage("Waiting", shortId(layer.diffId)));
    try {
      return await sent;
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }

  async #layer(layer: Layer): Promise<Descriptor> {
    const blobs = this.#stores.distribution.blobs(layer.diffId).reverse(); // the latest first
    return (await this.#existing(layer, blobs)) ?? (await this.#mounted(layer, blobs)) ?? (await this.#upload(layer));
  }

  async #existing({ diffId }: Layer, blobs: readonly KnownBlob[]): Promise<Descriptor | undefined> {
    for (const blob of blobs.filter(({ SourceRepository }) => SourceRepository === this.#repository.name)) {
      const size = await blobBytes(this.#repository, { digest: blob.Digest }).catch(overlookRefusal);
      if (size === null) continue;
      if (size !== undefined) return this.#done(diffId, layerDescriptor(blob.Digest, size), "Layer already exists");
      this.#stores.distribution.remove(diffId, blob);
    }
    return undefined;
  }

  /** Only repositories of the same registry can give it. */
  async #mounted({ diffId }: Layer, blobs: readonly KnownBlob[]): Promise<Descriptor | undefined> {
    const { domain } = this.#repository.reference;
    const others = blobs.filter(({ SourceRepository }) => SourceRepository.startsWith(`${domain}/`));
    for (const { Digest: digest, SourceRepository } of others.slice(0, MAX_MOUNT_ATTEMPTS)) {
      const from = SourceRepository.slice(domain.length + 1);
      if (SourceRepository === this.#repository.name || !(await mountBlob(this.#repository, { digest }, from)))
        continue;
      const size = await blobBytes(this.#repository, { digest });
      if (size !== undefined) return this.#done(diffId, layerDescriptor(digest, size), `Mounted from ${from}`);
    }
    return undefined;
  }

  async #upload(layer: Layer): Promise<Descriptor> {
    const id = shortId(layer.diffId);
    const path = join(this.#stores.temporary, `PutImageBlob-${randomUUID()}`); // others may push the same layer
    try {
      const descriptor = await compress(this.#stores.layers.tar(layer), path);
      const transfer = new Transfer(this.#tell, "Pushing", id, descriptor.size);
      const source = { read: (_: Descriptor, start: number) => createReadStream(path, { start }) };
      const isNew = await uploadBlob(this.#repository, descriptor, source, { onSent: (bytes) => transfer.at(bytes) });
      return this.#done(layer.diffId, descriptor, isNew ? "Pushed" : "Layer already exists");
    } finally {
      rmSync(path, { force: true });
    }
  }

  #done(diffId: Digest, descriptor: Descriptor, status: string): Descriptor {
    const blob = { Digest: descriptor.digest, SourceRepository: this.#repository.name };
    this.#stores.distribution.add(diffId, blob);
    this.#tell(stateMessage(status, shortId(diffId)));
    return descriptor;
  }
}

/** A refusal has no words here: the upload's has. @throws Any other failure. */
function overlookRefusal(error: unknown): null {
  if (refusalOf(error)) return null;
  throw error;
}

async function compress(tar: AsyncIterable<Uint8Array>, path: string): Promise<Descriptor> {
  const digester = new Digester();
  await pipeline(
    Readable.from(tar, { objectMode: false }),
    createGzip(),
    async function* (packed: AsyncIterable<Uint8Array>) {
      for await (const piece of packed) {
        digester.update(piece);
        yield piece;
      }
    },
    createWriteStream(path, { mode: 0o600 }),
  );
  return layerDescriptor(digester.digest(), digester.size);
}

function layerDescriptor(digest: Digest, size: number): Descriptor {
  return { mediaType: DOCKER_LAYER_GZIP, size, digest };
}

function sourceOf(bytes: Buffer): ContentSource {
  return {
    async *read(_descriptor, offset) {
      yield bytes.subarray(offset);
    },
  };
}
