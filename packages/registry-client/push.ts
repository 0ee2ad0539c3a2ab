/**
 * Push: an image from a store into a registry, from the bottom up, for a registry takes nothing that points to what it lacks.
 *
 *     layers, config ─▶ manifest ─▶ index ─▶ tag
 *
 * What the registry has is not sent again.
 */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { parseIndex } from "@eras/oci-spec/image/image-index.ts";
import { parseManifest } from "@eras/oci-spec/image/manifest.ts";
import { isForeignLayer, isIndexType, isManifestType } from "@eras/oci-spec/image/media-types.ts";
import type { Reference } from "@eras/oci-spec/reference.ts";
import type { RegistryClient, Repository } from "./client.ts";
import type { ContentSource, Progress, ProgressListener } from "./content.ts";
import { hasManifest, putManifest } from "./manifests.ts";
import { DEFAULT_CONCURRENCY } from "./pull.ts";
import { Slots } from "./slots.ts";
import { uploadBlob } from "./uploads.ts";

export interface PushOptions {
  /** How many blobs at once; 3 if not given. */
  readonly concurrency?: number;
  readonly onProgress?: ProgressListener;
  /** A repository of the same registry that may have a blob: `library/busybox`. */
  readonly mountFrom?: (blob: Descriptor) => Promise<string | undefined>;
  /** Send blobs in chunks of so many bytes. */
  readonly chunkBytes?: number;
}

/**
 * Pushes what `target` points to, and gives it the reference's tag.
 *
 * @throws {NotFound} When the store lacks a part; {Unauthenticated}, {PermissionDenied}, {Unavailable} when the registry refuses.
 */
export async function push(
  client: RegistryClient,
  reference: Reference,
  target: Descriptor,
  source: ContentSource,
  options: PushOptions = {},
): Promise<void> {
  const sender = new Sender(client.repository(reference, "push"), source, options);
  const tag = reference.digest === undefined ? reference.tag : undefined;
  await sender.send(target, tag);
}

/** Sends what belongs to one image, each piece once. */
class Sender {
  readonly #repository: Repository;
  readonly #source: ContentSource;
  readonly #options: PushOptions;
  readonly #slots: Slots;
  readonly #sent = new Map<string, Promise<void>>();
  #failed = false;

  constructor(repository: Repository, source: ContentSource, options: PushOptions) {
    this.#repository = repository;
    this.#source = source;
    this.#options = options;
    this.#slots = new Slots(options.concurrency ?? DEFAULT_CONCURRENCY);
  }

  /** @param tag - The name of the topmost. */
  async send(descriptor: Descriptor, tag?: string): Promise<void> {
    const { mediaType, digest } = descriptor;
    if (!isIndexType(mediaType) && !isManifestType(mediaType))
      throw new InvalidArgument(`Cannot push ${digest}: ${JSON.stringify(mediaType)} is no type of image`);
    this.#tell(descriptor, "waiting", 0);
    const bytes = await collect(this.#source.read(descriptor, 0));
    await this.#all(isIndexType(mediaType) ? this.#sendManifests(bytes) : this.#sendBlobs(bytes));
    await this.#sendDocument(descriptor, bytes, tag);
  }

  #sendManifests(index: Buffer): Promise<void>[] {
    return parseIndex(index).manifests.map((one) => this.#once(one, () => this.send(one)));
  }

  /** Foreign layers may not be given to others. */
  #sendBlobs(document: Buffer): Promise<void>[] {
    const { config, layers } = parseManifest(document);
    return [config, ...layers.filter(({ mediaType }) => !isForeignLayer(mediaType))].map((one) =>
      this.#once(one, () => this.#slots.run(() => this.#sendBlob(one))),
    );
  }

  async #sendBlob(descriptor: Descriptor): Promise<void> {
    if (this.#failed) return;
    this.#tell(descriptor, "active", 0);
    const sent = await uploadBlob(this.#repository, descriptor, this.#source, {
      mountFrom: await this.#options.mountFrom?.(descriptor),
      chunkBytes: this.#options.chunkBytes,
      onSent: (offset) => this.#tell(descriptor, "active", offset),
    });
    this.#tell(descriptor, sent ? "done" : "exists", descriptor.size);
  }

  async #sendDocument(descriptor: Descriptor, bytes: Buffer, tag: string | undefined): Promise<void> {
    if (await hasManifest(this.#repository, descriptor, tag)) return this.#tell(descriptor, "exists", descriptor.size);
    this.#tell(descriptor, "active", 0);
    await putManifest(this.#repository, descriptor, bytes, tag);
    this.#tell(descriptor, "done", descriptor.size);
  }

  #once({ digest }: Descriptor, work: () => Promise<void>): Promise<void> {
    const known = this.#sent.get(digest);
    if (known) return known;
    const sent = work();
    this.#sent.set(digest, sent);
    return sent;
  }

  /** Waits for all, even after a failure: nothing is sent any more when the push has ended. */
  async #all(parts: readonly Promise<void>[]): Promise<void> {
    const watched = parts.map((part) =>
      part.catch((error: unknown) => {
        this.#failed = true;
        throw error;
      }),
    );
    await Promise.allSettled(watched);
    await Promise.all(watched);
  }

  #tell(descriptor: Descriptor, state: Progress["state"], offset: number): void {
    this.#options.onProgress?.({ descriptor, state, offset });
  }
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(pieces));
}
