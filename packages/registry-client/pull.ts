/**
 * Pull: an image from a registry into a store.
 *
 *     resolve     name ─▶ descriptor of the index or the manifest
 *     index       ─▶ the manifests for the wanted platforms
 *     manifest    ─▶ config, layers           several at once, each once, none that is there
 *
 * What is fetched goes into the store as it comes. A pull that was cut off leaves there what it had; the next one fetches the rest.
 *
 * @see https://github.com/containerd/containerd/blob/v1.6.20/docs/content-flow.md
 */
import { Cancelled, FailedPrecondition, NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { findManifest, parseIndex } from "@eras/oci-spec/image/image-index.ts";
import { type Manifest, parseManifest } from "@eras/oci-spec/image/manifest.ts";
import { isForeignLayer, isIndexType, isManifestType } from "@eras/oci-spec/image/media-types.ts";
import { formatPlatform, hostPlatform, type Platform } from "@eras/oci-spec/platform.ts";
import type { Reference } from "@eras/oci-spec/reference.ts";
import { readBlob } from "./blobs.ts";
import type { RegistryClient, Repository } from "./client.ts";
import type { ContentSink, ContentWriter, Progress, ProgressListener } from "./content.ts";
import { fetchManifest, resolveManifest } from "./manifests.ts";
import { Slots } from "./slots.ts";

export interface PullOptions {
  /** Of an index, which manifests: the best one for each of these, or all. This machine's if not given. */
  readonly platforms?: readonly Platform[] | "all";
  /** How many blobs at once; 3 if not given, as Docker has it. */
  readonly concurrency?: number;
  readonly onProgress?: ProgressListener;
  /** Told what the name stands for, before anything is fetched. */
  readonly onResolved?: (target: Descriptor) => void;
}

/** What has been pulled. */
export interface Pulled {
  /** What the name stands for: an index or a manifest. */
  readonly target: Descriptor;
  /** The manifests that are in the store with all that they point to. */
  readonly manifests: readonly PulledManifest[];
}

export interface PulledManifest {
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
}

export const DEFAULT_CONCURRENCY = 3;

/**
 * Pulls an image.
 *
 * @throws {NotFound} When there is no such image, or none for the platform; {PermissionDenied} when the registry doesn't let us have it;
 * {FailedPrecondition} when it sends something else than it should; {Unavailable} when it doesn't answer.
 */
export async function pull(
  client: RegistryClient,
  reference: Reference,
  sink: ContentSink,
  options: PullOptions = {},
): Promise<Pulled> {
  const repository = client.repository(reference, "pull");
  const target = await resolveManifest(repository, reference);
  options.onResolved?.(target);
  const fetcher = new Fetcher(repository, sink, options);
  const manifests = await fetcher.fetchTree(target);
  return { target, manifests };
}

/** Fetches what belongs to one image, each piece once. */
class Fetcher {
  readonly #repository: Repository;
  readonly #sink: ContentSink;
  readonly #platforms: readonly Platform[] | "all";
  readonly #slots: Slots;
  readonly #report: ProgressListener;
  readonly #blobs = new Map<string, Promise<void>>();
  /** The first failure: what has not begun need not begin, what is under way gives up. */
  #failure: unknown;

  constructor(repository: Repository, sink: ContentSink, { platforms, concurrency, onProgress }: PullOptions) {
    this.#repository = repository;
    this.#sink = sink;
    this.#platforms = platforms ?? [hostPlatform()];
    this.#slots = new Slots(concurrency ?? DEFAULT_CONCURRENCY);
    this.#report = onProgress ?? (() => {});
  }

  async fetchTree(descriptor: Descriptor): Promise<PulledManifest[]> {
    if (isIndexType(descriptor.mediaType)) return this.#fetchIndex(descriptor);
    return [await this.#fetchManifest(descriptor)];
  }

  async #fetchIndex(descriptor: Descriptor): Promise<PulledManifest[]> {
    const index = parseIndex(await this.#fetchDocument(descriptor));
    const candidates = index.manifests.filter(({ mediaType }) => isManifestType(mediaType) || isIndexType(mediaType));
    const chosen = this.#platforms === "all" ? candidates : this.#platforms.map((one) => bestFor(one));
    const children = [...new Set(chosen)];
    await this.#sink.refer?.(descriptor, children);
    return (await this.#all(children.map((child) => this.fetchTree(child)))).flat();

    function bestFor(platform: Platform): Descriptor {
      const found = findManifest(index, platform);
      if (found !== undefined) return found;
      const has = candidates.map((one) => one.platform && formatPlatform(one.platform)).filter(Boolean);
      const wants = formatPlatform(platform);
      throw new NotFound(
        `no match for platform in manifest: not found: the image is for ${has.join(", ")}, not ${wants}`,
      );
    }
  }

  async #fetchManifest(descriptor: Descriptor): Promise<PulledManifest> {
    const manifest = parseManifest(await this.#fetchDocument(descriptor));
    const children = [manifest.config, ...manifest.layers.filter(({ mediaType }) => !isForeignLayer(mediaType))];
    await this.#sink.refer?.(descriptor, children);
    await this.#all(children.map((child) => this.#fetchBlob(child)));
    return { descriptor, manifest };
  }

  /** A document that the store has need not be fetched: it was verified when it came. */
  async #fetchDocument(descriptor: Descriptor): Promise<Buffer> {
    const writer = await this.#sink.open(descriptor);
    if (writer === undefined) {
      this.#tell(descriptor, "exists", descriptor.size);
      return this.#sink.read(descriptor);
    }
    this.#tell(descriptor, "active", 0);
    const bytes = await closing(writer, async () => {
      const document = await fetchManifest(this.#repository, descriptor);
      await writer.write(document.subarray(writer.offset)); // verified: what an earlier time has left is its beginning
      await writer.commit();
      return document;
    });
    this.#tell(descriptor, "done", descriptor.size);
    return bytes;
  }

  /** Images share layers, and the same layer may lie twice in one. */
  #fetchBlob(descriptor: Descriptor): Promise<void> {
    const known = this.#blobs.get(descriptor.digest);
    if (known) return known;
    this.#tell(descriptor, "waiting", 0);
    const fetched = this.#slots.run(async () => {
      if (this.#failure === undefined) await this.#store(descriptor);
    });
    this.#blobs.set(descriptor.digest, fetched);
    return fetched;
  }

  async #store(descriptor: Descriptor): Promise<void> {
    const writer = await this.#sink.open(descriptor);
    if (writer === undefined) return this.#tell(descriptor, "exists", descriptor.size);
    const { offset } = writer;
    try {
      await closing(writer, () => this.#transfer(descriptor, writer));
    } catch (error) {
      // What was there from an earlier time may be what is wrong. If all has just come from the registry, it is the registry's fault.
      if (offset === 0 || !(error instanceof FailedPrecondition)) throw error;
      return this.#store(descriptor);
    }
    this.#tell(descriptor, "done", descriptor.size);
  }

  async #transfer(descriptor: Descriptor, writer: ContentWriter): Promise<void> {
    let { offset } = writer;
    this.#tell(descriptor, "active", offset);
    for await (const piece of readBlob(this.#repository, descriptor, offset)) {
      if (this.#failure !== undefined)
        throw new Cancelled(`Cannot fetch ${descriptor.digest}: another part has failed`);
      await writer.write(piece);
      offset += piece.length;
      this.#tell(descriptor, "active", offset);
    }
    await writer.commit();
  }

  /** Waits for all, even after a failure: nobody writes into the store any more when the pull has ended. @throws The first failure. */
  async #all<Result>(parts: readonly Promise<Result>[]): Promise<Result[]> {
    const watched = parts.map((part) =>
      part.catch((error: unknown) => {
        this.#failure ??= error;
        throw this.#failure; // the others only gave up
      }),
    );
    await Promise.allSettled(watched);
    return Promise.all(watched);
  }

  #tell(descriptor: Descriptor, state: Progress["state"], offset: number): void {
    this.#report({ descriptor, state, offset });
  }
}

/** Does something with a writer, and lets go of it if that fails: content that is wrong is forgotten, a part of the right one kept. */
async function closing<Result>(writer: ContentWriter, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await (error instanceof FailedPrecondition ? writer.abort() : writer.close());
    throw error;
  }
}
