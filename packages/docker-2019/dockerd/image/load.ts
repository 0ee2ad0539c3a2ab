/**
 * `docker load`: POST /images/load
 *
 *     manifest.json     [{"Config": "72489f….json", "RepoTags": ["busybox:latest"], "Layers": ["9a572d…/layer.tar"]}]
 *     72489f….json      the image's config
 *     9a572d…/layer.tar each layer's tar, which may be compressed, or a link to one that is there already
 *
 * OCI layouts that have a manifest.json beside their index are loaded by it. Archives from before 1.10 have none: load-legacy.ts.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/image/tarexport/load.go
 */
import {
  closeSync,
  constants,
  createReadStream,
  existsSync,
  fstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
} from "node:fs";
import { join } from "node:path";
import { apply } from "@eras/layers/apply.ts";
import { ArchiveError } from "@eras/layers/archive-error.ts";
import { systemName } from "@eras/layers/file-name.ts";
import { removeTree } from "@eras/layers/remove-tree.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { AT_FDCWD, openat2, openDirectory, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from "@eras/linux/open.ts";
import { chainIds } from "@eras/oci-spec/chain-id.ts";
import { type Check, list, object, string } from "@eras/oci-spec/check.ts";
import { type Digest, isDigest } from "@eras/oci-spec/digest.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { validate } from "@eras/oci-spec/findings.ts";
import { parseDocument } from "@eras/oci-spec/image/parse-document.ts";
import { familiarReference, parseReference, type Reference } from "@eras/oci-spec/reference.ts";
import { topChainId } from "../layer/layer-store.ts";
import { diffIdsOf, parseDockerImage, shortId } from "./docker-image.ts";
import { type Images, tellOf } from "./images.ts";
import { type LegacyArchive, loadLegacy } from "./load-legacy.ts";
import { type Tell, Transfer } from "./progress.ts";

/** One image of the archive. Paths are relative to its root. */
interface ArchivedImage {
  readonly Config: string;
  readonly RepoTags?: readonly string[];
  readonly Layers: readonly string[];
  /** The ID of the image that it was built on, if that is in the archive too. */
  readonly Parent?: string;
}

const checkManifest: Check<readonly ArchivedImage[]> = list(
  object<ArchivedImage>({ Config: string, Layers: list(string) }, { RepoTags: list(string), Parent: string }),
);

/**
 * Loads the images of an archive.
 *
 * @param tar - Plain or compressed.
 * @param isQuiet - Tells nothing of the layers.
 * @returns Their IDs.
 * @throws {InvalidArgument} When it is no archive of images; layers that are there by then go again.
 */
export async function loadImages(
  stores: Images,
  tar: AsyncIterable<Uint8Array>,
  tell: Tell,
  { isQuiet = false } = {},
): Promise<Digest[]> {
  const directory = mkdtempSync(join(stores.temporary, "docker-import-"));
  try {
    await unpack(tar, directory);
    const archive = new Archive(directory, stores, tell, isQuiet);
    try {
      return await archive.load();
    } finally {
      archive.close();
    }
  } finally {
    await removeTree(directory);
  }
}

async function unpack(tar: AsyncIterable<Uint8Array>, directory: string): Promise<void> {
  try {
    await apply(tar, directory, { whiteouts: "delete" });
  } catch (cause) {
    if (cause instanceof ArchiveError)
      throw new InvalidArgument(`Error processing tar file: ${cause.message}`, { cause });
    throw cause;
  }
}

class Archive implements LegacyArchive {
  readonly #directory: string;
  readonly #root: number;
  readonly #stores: Images;
  readonly #tell: Tell;
  readonly #isQuiet: boolean;

  constructor(directory: string, stores: Images, tell: Tell, isQuiet: boolean) {
    this.#directory = directory;
    this.#root = openDirectory(AT_FDCWD, directory, 0);
    this.#stores = stores;
    this.#tell = tell;
    this.#isQuiet = isQuiet;
  }

  close(): void {
    closeSync(this.#root);
  }

  directories(): string[] {
    const entries = readdirSync(this.#directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  }

  async load(): Promise<Digest[]> {
    if (!existsSync(join(this.#directory, MANIFEST))) return loadLegacy(this, this.#stores);
    const document = parseDocument(this.read(MANIFEST), MANIFEST);
    const archived = validate(checkManifest, document, MANIFEST).value;
    const ids: Digest[] = [];
    for (const image of archived) ids.push(await this.#loadImage(image));
    for (const [i, { Parent }] of archived.entries()) this.#setParent(ids[i]!, Parent, ids);
    if (archived.every(({ RepoTags = [] }) => RepoTags.length === 0)) {
      this.#tell({ stream: ids.map((id) => `Loaded image ID: ${id}\n`).join("") });
    }
    return ids;
  }

  async #loadImage({ Config, Layers, RepoTags = [] }: ArchivedImage): Promise<Digest> {
    const json = this.read(Config);
    const image = parseDockerImage(json);
    if (image.os && image.os !== "linux") throw new InvalidArgument(`cannot load ${image.os} image on linux`);
    const diffIds = diffIdsOf(image);
    if (Layers.length !== diffIds.length) {
      throw new InvalidArgument(
        `invalid manifest, layers length mismatch: expected ${diffIds.length}, got ${Layers.length}`,
      );
    }
    const references = RepoTags.map(parseTag);
    const held = await this.#loadLayers(Layers, diffIds);
    try {
      const id = this.#stores.images.create(json);
      for (const reference of references) {
        this.setTag(reference, id);
        this.#tell({ stream: `Loaded image: ${familiarReference(reference)}\n` });
      }
      tellOf(this.#stores, "load", id, id);
      return id;
    } finally {
      if (held !== undefined) await this.#stores.layers.release(held);
    }
  }

  /** @returns The topmost layer, held. */
  async #loadLayers(paths: readonly string[], diffIds: readonly Digest[]): Promise<Digest | undefined> {
    const { layers } = this.#stores;
    const stacks = chainIds(diffIds);
    let held: Digest | undefined;
    for (const [i, path] of paths.entries()) {
      const below = held;
      const [stack, diffId] = [stacks[i]!, diffIds[i]!];
      try {
        held = layers.has(stack) ? layers.hold(stack).chainId : await this.#loadLayer(path, below, diffId, i);
      } finally {
        if (below !== undefined) await layers.release(below); // the one above holds it
      }
    }
    return held;
  }

  async #loadLayer(path: string, below: Digest | undefined, diffId: Digest, index: number): Promise<Digest> {
    const { layers } = this.#stores;
    const layer = await layers.register(this.layerTar(path, diffId), below);
    if (layer.diffId === diffId) return layer.chainId;
    await layers.release(layer.chainId);
    throw new InvalidArgument(`invalid diffID for layer ${index}: expected "${diffId}", got "${layer.diffId}"`);
  }

  layerTar(path: string, name: string): AsyncIterable<Uint8Array> {
    const fd = this.#open(path);
    const { size } = fstatSync(fd);
    const tar = createReadStream("", { fd, highWaterMark: READ_BYTES });
    return this.#isQuiet ? tar : new Transfer(this.#tell, "Loading layer", shortId(name), size).watch(tar);
  }

  setTag(reference: Reference, id: Digest): void {
    const before = this.#stores.references.get(reference);
    const name = familiarReference(reference);
    if (before !== undefined && before !== id) {
      this.#tell({
        stream: `The image ${name} already exists, renaming the old one with ID ${before} to empty string\n`,
      });
    }
    this.#stores.references.addTag(reference, id);
  }

  /** Only images of the archive, which begins with the parent's layers, are believed to be one. */
  #setParent(id: Digest, parent: string | undefined, ids: readonly Digest[]): void {
    if (parent === undefined || !isDigest(parent) || !ids.includes(parent) || parent === id) return;
    const { images } = this.#stores;
    const below = topChainId(diffIdsOf(images.image(parent)));
    if (below === undefined || chainIds(diffIdsOf(images.image(id))).includes(below)) images.setParent(id, parent);
  }

  read(path: string): Buffer {
    const fd = this.#open(path);
    try {
      return readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  /** No link leads out of the archive. */
  #open(path: string): number {
    try {
      const how = {
        flags: constants.O_RDONLY | constants.O_NONBLOCK,
        resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
      };
      const fd = openat2(this.#root, systemName(path), how);
      if (fstatSync(fd).isFile()) return fd;
      closeSync(fd);
    } catch (error) {
      if (!isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "ENXIO")) throw error;
    }
    throw new InvalidArgument(`open ${join(this.#directory, path)}: no such file or directory`);
  }
}

const MANIFEST = "manifest.json";
const READ_BYTES = 1 << 20;

function parseTag(text: string): Reference {
  const reference = parseReference(text);
  if (reference.tag === undefined) throw new InvalidArgument(`invalid tag "${text}"`);
  return { domain: reference.domain, path: reference.path, tag: reference.tag };
}
