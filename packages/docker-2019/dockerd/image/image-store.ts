/**
 * The images of a dockerd: their configs, and what is known of each beside its config.
 *
 *     IMAGEDB/
 *     ├─ content/sha256/72489f…              the config; the digest of its bytes is the image's ID
 *     └─ metadata/sha256/72489f…/
 *        ├─ parent                           sha256:…, the image that it was built or committed on here
 *        └─ lastUpdated                      when it was given a name last
 *
 * Each image holds its topmost layer.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/image/store.go
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestEncoded, isDigest, sha256 } from "@eras/oci-spec/digest.ts";
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import { step } from "../../step.ts";
import { writeFileAtomic } from "../atomic-write.ts";
import { type LayerStore, topChainId } from "../layer/layer-store.ts";
import { type DockerImage, diffIdsOf, GO_ZERO_TIME, parseDockerImage } from "./docker-image.ts";

const PRIVATE_MODE = 0o700;
const FILE_MODE = 0o600;

export class ImageStore {
  readonly #content: string;
  readonly #metadata: string;
  readonly #layers: LayerStore;
  readonly #images = new Map<Digest, DockerImage>();
  readonly #parents = new Map<Digest, Digest>();

  /**
   * Finds the images. One that is damaged, or whose layers are gone, isn't there.
   *
   * @param imagedb - Made if it isn't there.
   */
  constructor(imagedb: string, layers: LayerStore) {
    this.#content = join(imagedb, "content/sha256");
    this.#metadata = join(imagedb, "metadata/sha256");
    this.#layers = layers;
    for (const path of [this.#content, this.#metadata]) mkdirSync(path, { recursive: true, mode: PRIVATE_MODE });
    this.#cleanUp(imagedb);
    for (const name of readdirSync(this.#content)) this.#load(`sha256:${name}`);
    for (const id of this.#images.keys()) this.#loadParent(id);
  }

  /** What a daemon that was killed had not written to the end, and what it knew of images that it had already removed. */
  #cleanUp(imagedb: string): void {
    const files = readdirSync(imagedb, { recursive: true, encoding: "utf8" });
    for (const path of files.filter((name) => name.endsWith(".tmp"))) rmSync(join(imagedb, path)); // of writeFileAtomic
    const content = new Set(readdirSync(this.#content));
    const orphans = readdirSync(this.#metadata).filter((name) => !content.has(name));
    for (const name of orphans) rmSync(join(this.#metadata, name), { recursive: true });
  }

  #load(id: Digest): void {
    try {
      const json = this.json(id);
      if (sha256(json) === id) this.#add(id, parseDockerImage(json));
    } catch {
      // Another one may be needed by a container; this one can be loaded or pulled again.
    }
  }

  #loadParent(id: Digest): void {
    const path = join(this.#metadata, digestEncoded(id), "parent");
    const parent = existsSync(path) ? readFileSync(path, "utf8") : "";
    if (isDigest(parent) && this.#images.has(parent)) this.#parents.set(id, parent);
  }

  #add(id: Digest, image: DockerImage): void {
    const top = topChainId(diffIdsOf(image));
    if (top !== undefined) this.#layers.hold(top);
    this.#images.set(id, image);
  }

  has(id: Digest): boolean {
    return this.#images.has(id);
  }

  /** @throws {NotFound} */
  image(id: Digest): DockerImage {
    const image = this.#images.get(id);
    if (image === undefined) throw new NotFound(`No such image: ${id}`);
    return image;
  }

  /** The image's bytes. */
  json(id: Digest): Buffer {
    return readFileSync(join(this.#content, digestEncoded(id)));
  }

  ids(): Digest[] {
    return [...this.#images.keys()];
  }

  /** The image whose ID begins so, with or without `sha256:`; undefined when there is none, or more than one. */
  search(prefix: string): Digest | undefined {
    const found = this.ids().filter((id) => isIdPrefix(id, prefix));
    return found.length === 1 && prefix !== "" ? found[0] : undefined;
  }

  /**
   * Adds an image, whose layers are there.
   *
   * @throws {InvalidArgument} When it is none; {NotFound} `layer does not exist`.
   */
  create(json: Uint8Array): Digest {
    step("dockerd.assemble-image", { bytes: json.length });
    const image = parseDockerImage(json);
    const id = sha256(json);
    if (this.has(id)) return id;
    this.#layers.stack(topChainId(diffIdsOf(image))); // or it fails before anything is written
    writeFileAtomic(join(this.#content, digestEncoded(id)), Buffer.from(json).toString(), FILE_MODE);
    this.#add(id, image);
    return id;
  }

  /**
   * Removes an image. Its children lose their parent.
   *
   * @returns ChainIDs of the layers that went with it, the topmost first.
   */
  async delete(id: Digest): Promise<Digest[]> {
    const top = topChainId(diffIdsOf(this.image(id)));
    for (const child of this.children(id)) {
      this.#parents.delete(child);
      rmSync(join(this.#metadata, digestEncoded(child), "parent"), { force: true });
    }
    this.#images.delete(id);
    this.#parents.delete(id);
    rmSync(join(this.#content, digestEncoded(id)), { force: true });
    rmSync(join(this.#metadata, digestEncoded(id)), { recursive: true, force: true });
    return top === undefined ? [] : await this.#layers.release(top);
  }

  parent(id: Digest): Digest | undefined {
    return this.#parents.get(id);
  }

  children(id: Digest): Digest[] {
    return [...this.#parents].filter(([, parent]) => parent === id).map(([child]) => child);
  }

  setParent(id: Digest, parent: Digest): void {
    this.#writeMetadata(id, "parent", parent);
    this.#parents.set(id, parent);
  }

  /** Notes that it has just got a name. */
  setLastUpdated(id: Digest): void {
    this.#writeMetadata(id, "lastUpdated", new Date().toISOString());
  }

  /** RFC 3339; Go's zero if it never got a name here. */
  lastUpdated(id: Digest): string {
    const path = join(this.#metadata, digestEncoded(id), "lastUpdated");
    return existsSync(path) ? readFileSync(path, "utf8") : GO_ZERO_TIME;
  }

  /** Images that no other was built on. */
  heads(): Digest[] {
    const parents = new Set(this.#parents.values());
    return this.ids().filter((id) => !parents.has(id));
  }

  #writeMetadata(id: Digest, name: string, text: string): void {
    const directory = join(this.#metadata, digestEncoded(id));
    mkdirSync(directory, { recursive: true, mode: PRIVATE_MODE });
    writeFileAtomic(join(directory, name), text, FILE_MODE);
  }
}

/** Whether an ID begins so, with or without its algorithm. */
export function isIdPrefix(id: Digest, prefix: string): boolean {
  return id.startsWith(prefix) || digestEncoded(id).startsWith(prefix);
}
