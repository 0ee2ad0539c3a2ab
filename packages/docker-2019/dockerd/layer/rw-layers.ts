/**
 * Containers' own layers: what they write, on top of an image.
 *
 *     LAYERDB/mounts/
 *     └─ 44ba6f…/          a container's ID
 *        ├─ mount-id       5d6d1a…        the driver's tree that the container writes to …
 *        ├─ init-id        5d6d1a…-init   … the one that it lies on: init-layer.ts
 *        └─ parent         sha256:207f19… the chainID of the image's topmost layer, on which that one lies; absent of an empty image
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/layer/mounted_layer.go
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { archiveTree } from "@eras/layers/archive.ts";
import type { Change } from "@eras/layers/diff.ts";
import { type Digest, isDigest } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, NotFound } from "@eras/oci-spec/errdefs.ts";
import { step } from "../../step.ts";
import type { StorageOptions } from "../graphdriver/driver.ts";
import type { LayerStore } from "./layer-store.ts";
import { newTreeName } from "./write-sets.ts";

/** A container's layer. */
export interface RwLayer {
  readonly containerId: string;
  readonly mountId: string;
  readonly initId: string | undefined;
  /** A chainID. */
  readonly parent: Digest | undefined;
}

export interface RwLayerOptions {
  /** Fills the init layer, which is mounted at `root`. There is none if not given. */
  readonly init?: (root: string) => void;
  readonly storageOptions?: StorageOptions;
}

export class RwLayers {
  readonly #layers: LayerStore;
  readonly #directory: string;
  readonly #byContainer = new Map<string, RwLayer>();

  /**
   * Finds the containers' layers. They hold those of their images from now on.
   *
   * @param layerdb - The same as the store's.
   */
  constructor(layerdb: string, layers: LayerStore) {
    this.#layers = layers;
    this.#directory = join(layerdb, "mounts");
    mkdirSync(this.#directory, { recursive: true });
    for (const containerId of readdirSync(this.#directory)) {
      const layer = readRwLayer(join(this.#directory, containerId), containerId);
      if (layer.parent !== undefined && layers.has(layer.parent)) layers.hold(layer.parent);
      this.#byContainer.set(containerId, layer);
    }
  }

  /** @throws {NotFound} */
  layer(containerId: string): RwLayer {
    const layer = this.#byContainer.get(containerId);
    if (layer === undefined) throw new NotFound(`mount does not exist: ${containerId}`);
    return layer;
  }

  has(containerId: string): boolean {
    return this.#byContainer.has(containerId);
  }

  /** The containers that have one. */
  containerIds(): string[] {
    return [...this.#byContainer.keys()];
  }

  /**
   * Makes a container's layer.
   *
   * @param parent - The chainID of the image's topmost layer.
   * @throws {AlreadyExists} When the container has one; {NotFound} when the parent isn't there; {InvalidArgument} for an option.
   */
  async create(containerId: string, parent: Digest | undefined, options: RwLayerOptions = {}): Promise<RwLayer> {
    step("dockerd.make-rw-layer", { containerId, parent });
    if (this.#byContainer.has(containerId)) throw new AlreadyExists(`mount already exists with name: ${containerId}`);
    const below = parent === undefined ? undefined : this.#layers.hold(parent);
    const mountId = newTreeName();
    const initId = options.init && `${mountId}-init`;
    const layer: RwLayer = { containerId, mountId, initId, parent };
    const writeSet = this.#layers.writeSets.begin(filesOf(layer));
    this.#byContainer.set(containerId, layer); // the name is taken from now on
    try {
      if (initId !== undefined) await this.#makeInitLayer(initId, below?.cacheId, options.init!);
      await this.#makeTree(mountId, initId ?? below?.cacheId, options.storageOptions ?? {});
      this.#layers.writeSets.publish(writeSet, this.#place(containerId));
      return layer;
    } catch (error) {
      this.#byContainer.delete(containerId);
      await this.#layers.writeSets.discard(writeSet);
      if (parent !== undefined) await this.#layers.release(parent);
      throw error;
    }
  }

  async #makeInitLayer(initId: string, parent: string | undefined, fill: (root: string) => void): Promise<void> {
    const { driver } = this.#layers;
    await this.#makeTree(initId, parent, {});
    try {
      fill(driver.get(initId));
    } finally {
      driver.put(initId);
    }
  }

  async #makeTree(id: string, parent: string | undefined, options: StorageOptions): Promise<void> {
    const { driver, owners } = this.#layers;
    await driver.createReadWrite(id, parent, options);
    owners?.admit(driver.layerDirectory(id));
  }

  /**
   * Removes a container's layer, with what the container wrote.
   *
   * @returns ChainIDs of image layers that nobody uses any more, and which are gone too.
   */
  async remove(containerId: string): Promise<Digest[]> {
    const layer = this.layer(containerId);
    const writeSet = this.#layers.writeSets.withdraw(this.#place(containerId));
    this.#byContainer.delete(containerId);
    await this.#layers.writeSets.discard(writeSet);
    return layer.parent !== undefined && this.#layers.has(layer.parent) ? await this.#layers.release(layer.parent) : [];
  }

  /** Shows what the container sees. Counted: as often as this, call `unmount`. @returns The path, absolute. */
  mount(containerId: string): string {
    step("dockerd.mount-layers", { containerId });
    return this.#layers.driver.get(this.layer(containerId).mountId);
  }

  unmount(containerId: string): void {
    this.#layers.driver.put(this.layer(containerId).mountId);
  }

  /** `docker diff` */
  changes(containerId: string): Promise<Change[]> {
    const layer = this.layer(containerId);
    return this.#layers.driver.changes(layer.mountId, this.#below(layer));
  }

  /** What the container wrote, as a layer's tar: for `docker commit`. */
  diff(containerId: string): AsyncIterable<Uint8Array> {
    const layer = this.layer(containerId);
    const { driver, owners } = this.#layers;
    const tar = driver.diff(layer.mountId, this.#below(layer));
    return owners?.toContainer(tar) ?? tar;
  }

  /** What the container sees, as a tar: `docker export`. */
  async *export(containerId: string): AsyncGenerator<Uint8Array> {
    const root = this.mount(containerId);
    try {
      const tar = archiveTree(root);
      yield* this.#layers.owners?.toContainer(tar) ?? tar;
    } finally {
      this.unmount(containerId);
    }
  }

  /** Bytes that the container wrote, and those with all of its image: `SizeRw` and `SizeRootFs`. */
  async size(containerId: string): Promise<{ readonly rwBytes: number; readonly rootFsBytes: number }> {
    const layer = this.layer(containerId);
    const rwBytes = await this.#layers.driver.size(layer.mountId, this.#below(layer));
    return { rwBytes, rootFsBytes: rwBytes + this.#layers.stackBytes(layer.parent) };
  }

  /** `GraphDriver.Data` of `docker inspect`. */
  data(containerId: string): Readonly<Record<string, string>> | null {
    return this.#layers.driver.data(this.layer(containerId).mountId);
  }

  /** The tree that the container's lies on. */
  #below({ initId, parent }: RwLayer): string | undefined {
    return initId ?? (parent === undefined ? undefined : this.#layers.layer(parent).cacheId);
  }

  #place(containerId: string): string {
    return join(this.#directory, containerId);
  }
}

function filesOf({ mountId, initId, parent }: RwLayer): Record<string, string> {
  return {
    "mount-id": mountId,
    ...(initId !== undefined && { "init-id": initId }),
    ...(parent !== undefined && { parent }),
  };
}

function readRwLayer(directory: string, containerId: string): RwLayer {
  const read = (name: string) => {
    const path = join(directory, name);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  };
  const [mountId = "", initId, parent = ""] = [read("mount-id"), read("init-id"), read("parent")];
  return { containerId, mountId, initId, parent: isDigest(parent) ? parent : undefined };
}
