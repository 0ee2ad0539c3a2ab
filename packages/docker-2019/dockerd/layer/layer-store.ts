/**
 * The layers that images are made of. Each is kept under the name of its stack, its chainID: the same tar on another parent is another
 * layer, for a driver's tree is what shows on top of what lies below.
 *
 *     LAYERDB/
 *     ├─ sha256/
 *     │  └─ 9d613f…/                 a chainID
 *     │     ├─ cache-id              6e82c2…  the name of the driver's tree, made up
 *     │     ├─ diff                  sha256:aad50e…  the diffID
 *     │     ├─ parent                sha256:207f19…  a chainID; absent at the bottom
 *     │     ├─ size                  bytes that it adds
 *     │     └─ tar-split.json.gz     what its tar had beside the files
 *     ├─ mounts/                     containers' layers: rw-layers.ts
 *     └─ tmp/write-set-6e82c2…/      layers that are being made: write-sets.ts
 *
 * Who uses a layer is counted: an image its topmost, a container its parent, each layer the one below, and whoever works with one for that
 * time. The counts are not on the disk, for all that they count is. What nobody uses any more is removed.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/layer/layer_store.go
 */
import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { ArchiveError } from "@eras/layers/archive-error.ts";
import { decompress } from "@eras/layers/decompress.ts";
import { BLOCK_SIZE } from "@eras/layers/tar-header.ts";
import { chainIds } from "@eras/oci-spec/chain-id.ts";
import { type Digest, Digester, digestEncoded, sha256 } from "@eras/oci-spec/digest.ts";
import { InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { step } from "../../step.ts";
import type { GraphDriver } from "../graphdriver/driver.ts";
import { readLayer } from "./layer-files.ts";
import type { RemappedOwners } from "./remapped-owners.ts";
import { assembledBytes, assembleTar, splitTar } from "./tar-split-file.ts";
import { newTreeName, WriteSets } from "./write-sets.ts";

/** A layer in its place. */
export interface Layer {
  readonly chainId: Digest;
  readonly diffId: Digest;
  /** A chainID. */
  readonly parent: Digest | undefined;
  /** The driver's name for its tree. */
  readonly cacheId: string;
  /** Bytes that it adds to those below. */
  readonly bytes: number;
}

/** Layers of one image: Docker's `maxLayerDepth`. */
const MAX_DEPTH = 125;
const LAYER_MODE = 0o700;
const REMOVING = "-removing";
const TAR_SPLIT = "tar-split.json.gz";

export class LayerStore {
  readonly driver: GraphDriver;
  /** Of a daemon with `--userns-remap`. */
  readonly owners: RemappedOwners | undefined;
  /** For what is being made, and for what is being removed. */
  readonly writeSets: WriteSets;
  readonly #directory: string;
  readonly #layers = new Map<Digest, Layer>();
  readonly #users = new Map<Digest, number>();

  /**
   * Opens the store, and removes what an earlier daemon had begun or not ended.
   *
   * @param layerdb - IMAGE-ROOT/layerdb; made if it isn't there.
   */
  static async open(layerdb: string, driver: GraphDriver, owners?: RemappedOwners): Promise<LayerStore> {
    const store = new LayerStore(layerdb, driver, owners);
    await store.#cleanUp();
    store.#load();
    return store;
  }

  private constructor(layerdb: string, driver: GraphDriver, owners: RemappedOwners | undefined) {
    this.driver = driver;
    this.owners = owners;
    this.#directory = join(layerdb, "sha256");
    mkdirSync(layerdb, { recursive: true, mode: LAYER_MODE });
    mkdirSync(this.#directory, { recursive: true });
    this.writeSets = new WriteSets(join(layerdb, "tmp"), driver);
  }

  async #cleanUp(): Promise<void> {
    await this.writeSets.discardAll();
    for (const name of readdirSync(this.#directory)) {
      if (name.endsWith(REMOVING)) await this.writeSets.discard(join(this.#directory, name));
    }
  }

  /** A layer whose files can't be read is no layer: what needs it says so. */
  #load(): void {
    for (const name of readdirSync(this.#directory)) {
      const layer = readLayer(join(this.#directory, name), `sha256:${name}`);
      if (layer !== undefined) this.#layers.set(layer.chainId, layer);
    }
    for (const { parent } of this.#layers.values()) if (parent !== undefined) this.#count(parent, 1);
  }

  /** @throws {NotFound} `layer does not exist` */
  layer(chainId: Digest): Layer {
    const layer = this.#layers.get(chainId);
    if (layer === undefined) throw new NotFound(`layer does not exist: ${chainId}`);
    return layer;
  }

  has(chainId: Digest): boolean {
    return this.#layers.has(chainId);
  }

  /** All layers. */
  all(): Layer[] {
    return [...this.#layers.values()];
  }

  /** A layer and those below, the topmost first. */
  stack(chainId: Digest | undefined): Layer[] {
    const stack: Layer[] = [];
    for (let next = chainId; next !== undefined; next = stack.at(-1)!.parent) stack.push(this.layer(next));
    return stack;
  }

  /** Bytes of a layer with all below it. */
  stackBytes(chainId: Digest | undefined): number {
    return this.stack(chainId).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The tar that the layer was made of, the same bytes. */
  tar({ chainId, cacheId }: Layer): AsyncIterable<Uint8Array> {
    return assembleTar(join(this.#place(chainId), TAR_SPLIT), this.driver.layerDirectory(cacheId));
  }

  /** How long that tar is. */
  tarBytes({ chainId }: Layer): Promise<number> {
    return assembledBytes(join(this.#place(chainId), TAR_SPLIT));
  }

  /** Says that somebody uses a layer. @throws {NotFound} */
  hold(chainId: Digest): Layer {
    const layer = this.layer(chainId);
    this.#count(chainId, 1);
    return layer;
  }

  /**
   * Takes one `hold` back, and removes the layer if that was the last, and so on below.
   *
   * @returns ChainIDs of what was removed, the topmost first.
   */
  async release(chainId: Digest): Promise<Digest[]> {
    const removed: Layer[] = [];
    for (let next: Digest | undefined = chainId; next !== undefined && this.#count(next, -1) === 0; ) {
      const layer: Layer = this.layer(next);
      this.#take(layer);
      removed.push(layer);
      next = layer.parent;
    }
    for (const layer of removed) await this.writeSets.discard(this.#removingPlace(layer));
    return removed.map((layer) => layer.chainId);
  }

  /** Removes the layers that nobody uses: of a pull that a crash has cut off. To be called when all who hold some have said so. */
  async removeUnused(): Promise<Digest[]> {
    const unused = this.all().filter(({ chainId }) => (this.#users.get(chainId) ?? 0) === 0);
    const removed: Digest[] = [];
    for (const { chainId } of unused) {
      this.hold(chainId);
      removed.push(...(await this.release(chainId)));
    }
    return removed;
  }

  /**
   * Makes a layer of a tar, or finds that it is there. The caller holds it, until it is released.
   *
   * @param tar - Plain, or compressed with gzip or zstd. Read to its end.
   * @throws {InvalidArgument} When the tar is damaged or hostile, or there are too many layers; {NotFound} when the parent isn't there.
   */
  async register(tar: AsyncIterable<Uint8Array>, parent?: Digest): Promise<Layer> {
    step("dockerd.unpack-layer", { parent });
    if (this.stack(parent).length >= MAX_DEPTH) throw new InvalidArgument("max depth exceeded");
    const below = parent === undefined ? undefined : this.hold(parent);
    const cacheId = newTreeName();
    const writeSet = this.writeSets.begin({ "cache-id": cacheId });
    try {
      const digester = new Digester();
      await this.driver.create(cacheId, below?.cacheId);
      this.owners?.admit(this.driver.layerDirectory(cacheId));
      const pieces = splitTar(hashed(decompress(tar, { mayBeEmpty: true }), digester), join(writeSet, TAR_SPLIT));
      await this.driver.apply(cacheId, below?.cacheId, ended(this.owners?.toHost(pieces) ?? pieces));
      const bytes = await this.driver.size(cacheId, below?.cacheId);
      const diffId = digester.digest();
      return await this.#keep({ chainId: chainIdOn(parent, diffId), diffId, parent, cacheId, bytes }, writeSet);
    } catch (error) {
      await this.writeSets.discard(writeSet);
      if (parent !== undefined) await this.release(parent);
      throw error instanceof ArchiveError ? new InvalidArgument(error.message, { cause: error }) : error;
    }
  }

  /** From here on the layer is one, unless it was one before. */
  async #keep(layer: Layer, writeSet: string): Promise<Layer> {
    if (this.has(layer.chainId)) {
      const known = this.hold(layer.chainId);
      await this.writeSets.discard(writeSet);
      if (layer.parent !== undefined) await this.release(layer.parent);
      return known;
    }
    const { diffId, parent, bytes } = layer;
    this.writeSets.write(writeSet, { diff: diffId, size: `${bytes}`, ...(parent !== undefined && { parent }) });
    this.writeSets.publish(writeSet, this.#place(layer.chainId));
    this.#layers.set(layer.chainId, layer);
    this.#count(layer.chainId, 1);
    return layer;
  }

  #take(layer: Layer): void {
    this.#layers.delete(layer.chainId);
    renameSync(this.#place(layer.chainId), this.#removingPlace(layer));
  }

  #count(chainId: Digest, change: 1 | -1): number {
    const count = (this.#users.get(chainId) ?? 0) + change;
    if (count < 0) throw new Error(`Cannot release ${chainId}: nobody holds it`);
    if (count === 0) this.#users.delete(chainId);
    else this.#users.set(chainId, count);
    return count;
  }

  #place(chainId: Digest): string {
    return join(this.#directory, digestEncoded(chainId));
  }

  /** The layer may come again before its old tree is gone. */
  #removingPlace({ chainId, cacheId }: Layer): string {
    return `${this.#place(chainId)}-${cacheId}${REMOVING}`;
  }
}

/** The chainID of a layer on a stack. */
function chainIdOn(parent: Digest | undefined, diffId: Digest): Digest {
  return parent === undefined ? diffId : sha256(`${parent} ${diffId}`);
}

/** The chainID of a whole image; undefined of one without layers. */
export function topChainId(diffIds: readonly Digest[]): Digest | undefined {
  return chainIds(diffIds).at(-1);
}

/** The same pieces. The digester knows them all when the end is reached. */
async function* hashed(pieces: AsyncIterable<Uint8Array>, digester: Digester): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    digester.update(piece);
    yield piece;
  }
}

/** With a tar's end, which layers of before 1.10 may lack, or be nothing at all: it is in no digest. */
async function* ended(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces;
  yield Buffer.alloc(2 * BLOCK_SIZE);
}
