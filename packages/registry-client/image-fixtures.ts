/** For tests: small images that are nowhere but in memory, and a store that is no more than a map. */
import { randomBytes } from "node:crypto";
import { type Digest, sha256, Verifier } from "@eras/oci-spec/digest.ts";
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER_GZIP, OCI_MANIFEST } from "@eras/oci-spec/image/media-types.ts";
import type { Platform } from "@eras/oci-spec/platform.ts";
import type { ContentSink, ContentSource, ContentWriter } from "./content.ts";

/** A store to pull into and to push from. What has been begun and not ended stays for the next time. */
export class MemoryStore implements ContentSink, ContentSource {
  readonly blobs = new Map<Digest, Buffer>();
  readonly parts = new Map<Digest, Buffer>();

  async open(descriptor: Descriptor): Promise<ContentWriter | undefined> {
    if (this.blobs.has(descriptor.digest)) return undefined;
    return new MemoryWriter(this, descriptor);
  }

  read(descriptor: Descriptor): Promise<Buffer>;
  read(descriptor: Descriptor, offset: number): AsyncIterable<Uint8Array>;
  read(descriptor: Descriptor, offset?: number): Promise<Buffer> | AsyncIterable<Uint8Array> {
    return offset === undefined ? this.#all(descriptor) : this.#pieces(descriptor, offset);
  }

  async #all({ digest }: Descriptor): Promise<Buffer> {
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) throw new NotFound(`content ${digest}: not found`);
    return bytes;
  }

  async *#pieces(descriptor: Descriptor, offset: number): AsyncGenerator<Uint8Array> {
    const bytes = await this.#all(descriptor);
    for (let at = offset; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
  }

  /** Puts content there. @returns What points to it. */
  add(mediaType: string, content: Buffer | object, platform?: Platform): Descriptor {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
    const digest = sha256(bytes);
    this.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length, ...(platform && { platform }) };
  }

  /** A manifest with layers of random bytes, of these sizes: for a registry a layer need not be a tar. */
  addImage(layerSizes: readonly number[], platform: Platform = { os: "linux", architecture: "amd64" }): Descriptor {
    const layers = layerSizes.map((size) => this.add(OCI_LAYER_GZIP, randomBytes(size)));
    const diffIds = layers.map(({ digest }) => digest);
    const config = this.add(OCI_CONFIG, { ...platform, rootfs: { type: "layers", diff_ids: diffIds } });
    return this.add(OCI_MANIFEST, { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers }, platform);
  }

  addIndex(manifests: readonly Descriptor[]): Descriptor {
    return this.add(OCI_INDEX, { schemaVersion: 2, mediaType: OCI_INDEX, manifests });
  }
}

const PIECE_BYTES = 64 << 10;

class MemoryWriter implements ContentWriter {
  readonly #store: MemoryStore;
  readonly #descriptor: Descriptor;
  #bytes: Buffer;

  constructor(store: MemoryStore, descriptor: Descriptor) {
    this.#store = store;
    this.#descriptor = descriptor;
    this.#bytes = store.parts.get(descriptor.digest) ?? Buffer.alloc(0);
  }

  get offset(): number {
    return this.#bytes.length;
  }

  async write(piece: Uint8Array): Promise<void> {
    this.#bytes = Buffer.concat([this.#bytes, piece]);
  }

  async commit(): Promise<void> {
    const verifier = new Verifier(this.#descriptor);
    verifier.update(this.#bytes);
    verifier.finish();
    await this.abort();
    this.#store.blobs.set(this.#descriptor.digest, this.#bytes);
  }

  async close(): Promise<void> {
    this.#store.parts.set(this.#descriptor.digest, this.#bytes);
  }

  async abort(): Promise<void> {
    this.#store.parts.delete(this.#descriptor.digest);
  }
}
