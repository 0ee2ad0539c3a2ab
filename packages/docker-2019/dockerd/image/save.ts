/**
 * `docker save`: GET /images/get
 *
 *     8b0108…/                  a layer, under the ID that Docker's first images would have had for it
 *     ├─ VERSION                1.0
 *     ├─ json                   {"id": "8b0108…", "parent": "4d944b…", …}
 *     └─ layer.tar              or a link to the same one of another image: ../9a572d…/layer.tar
 *     72489f….json              an image's config
 *     manifest.json             [{"Config": …, "RepoTags": …, "Layers": …}]
 *     repositories              {"busybox": {"latest": "8b0108…"}}    for readers that only know the first images
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/image/tarexport/save.go
 */
import { PLAIN_ENTRY, type TarEntry } from "@eras/layers/tar-entry.ts";
import { END_OF_ARCHIVE, formatHeaders, paddingOf } from "@eras/layers/tar-writer.ts";
import { chainIds } from "@eras/oci-spec/chain-id.ts";
import { type Digest, digestEncoded, sha256 } from "@eras/oci-spec/digest.ts";
import { InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { familiarName, familiarReference, parseAnyReference, type Reference } from "@eras/oci-spec/reference.ts";
import { goJson, sorted } from "../layer/go-json.ts";
import { type Layer, topChainId } from "../layer/layer-store.ts";
import { createdMs, type DockerImage, diffIdsOf, GO_ZERO_TIME, goContainerConfig } from "./docker-image.ts";
import type { Images } from "./images.ts";
import { tellOf } from "./images.ts";

const EPOCH = "1970-01-01T00:00:00Z";
const VERSION = "1.0";
const NS_PER_SECOND = 1_000_000_000n;

/** One file of the archive. */
interface SavedFile {
  readonly entry: TarEntry;
  readonly content?: () => AsyncIterable<Uint8Array>;
}

/**
 * Saves images as one tar.
 *
 * @param names - References, IDs; of a repository without a tag, all its tags.
 * @returns The tar, to be read to its end or given up: until then its layers stay.
 * @throws {NotFound} `No such image: web`, but of `web:1`: `reference does not exist`
 */
export async function saveImages(stores: Images, names: readonly string[]): Promise<AsyncGenerator<Uint8Array>> {
  const { images, layers } = stores;
  const wanted = imagesNamed(stores, names);
  const tops = [...wanted.keys()].flatMap((id) => topChainId(diffIdsOf(images.image(id))) ?? []);
  for (const top of tops) layers.hold(top); // an image may be removed meanwhile
  const release = async () => {
    for (const top of tops) await layers.release(top);
  };
  const files = new SavedImages(stores);
  try {
    for (const [id, references] of wanted) await files.add(id, references, parentIn(wanted, images.parent(id)));
  } catch (error) {
    await release();
    throw error;
  }
  for (const id of wanted.keys()) tellOf(stores, "save", id, id);
  return archiveOf(files.all(), release);
}

/** Only an image that is in the archive, too, is told of. */
function parentIn(wanted: ReadonlyMap<Digest, unknown>, parent: Digest | undefined): Digest | undefined {
  return parent !== undefined && wanted.has(parent) ? parent : undefined;
}

function imagesNamed(stores: Images, names: readonly string[]): Map<Digest, Reference[]> {
  const wanted = new Map<Digest, Reference[]>();
  const add = (id: Digest, reference?: Reference) =>
    wanted.set(id, [...(wanted.get(id) ?? []), ...(reference?.tag === undefined ? [] : [reference])]);
  for (const name of names) {
    const reference = parseAnyReference(name);
    const associations = typeof reference === "string" ? [] : associationsOf(stores, reference);
    for (const { id, reference: own } of associations) add(id, own);
    if (associations.length > 0) continue;
    const isReference = typeof reference !== "string" && reference.tag !== undefined;
    if (isReference && !name.startsWith("sha256:")) throw new NotFound("reference does not exist");
    add(byId(stores, name));
  }
  return wanted;
}

function associationsOf({ references }: Images, reference: Reference): { id: Digest; reference: Reference }[] {
  if (reference.tag === undefined && reference.digest === undefined) return references.inRepository(reference);
  const id = references.get(reference);
  return id === undefined ? [] : [{ id, reference }];
}

function byId({ images }: Images, name: string): Digest {
  const id = images.search(name);
  if (id === undefined) throw new NotFound(`No such image: ${name}`);
  return id;
}

class SavedImages {
  readonly #stores: Images;
  readonly #files = new Map<string, SavedFile>();
  readonly #manifest: object[] = [];
  readonly #repositories: Record<string, Record<string, string>> = {};
  /** Where the tar of a diffID is already. */
  readonly #layerPaths = new Map<Digest, string>();

  constructor(stores: Images) {
    this.#stores = stores;
  }

  async add(id: Digest, references: readonly Reference[], parent: Digest | undefined): Promise<void> {
    const { images, layers } = this.#stores;
    const image = images.image(id);
    const v1Ids = v1IdsOf(image);
    const top = chainIds(diffIdsOf(image)).at(-1);
    const stack = layers.stack(top).reverse();
    if (stack.length === 0) throw new InvalidArgument("empty export - not implemented");
    for (const [i, layer] of stack.entries()) await this.#addLayer(layer, v1Ids[i]!, createdMs(image));
    this.#addText(`${digestEncoded(id)}.json`, images.json(id), createdMs(image));
    for (const { tag, ...repository } of references) {
      const name = familiarName(repository);
      this.#repositories[name] = { ...this.#repositories[name], [tag!]: v1Ids.at(-1)!.id };
    }
    this.#manifest.push({
      Config: `${digestEncoded(id)}.json`,
      RepoTags: references.length === 0 ? null : references.map(familiarReference),
      Layers: v1Ids.map((layer) => `${layer.id}/layer.tar`),
      ...(parent && { Parent: parent }),
    });
  }

  async #addLayer(layer: Layer, { id, json }: V1Layer, madeMs: number): Promise<void> {
    if (this.#files.has(`${id}/`)) return; // of an image that has the same below
    this.#add({ ...PLAIN_ENTRY, name: `${id}/`, type: "directory", mode: 0o755, mtimeNs: nanoseconds(madeMs) });
    this.#addText(`${id}/VERSION`, VERSION, madeMs);
    this.#addText(`${id}/json`, json, madeMs);
    const path = `${id}/layer.tar`;
    const known = this.#layerPaths.get(layer.diffId);
    const entry = { ...PLAIN_ENTRY, name: path, mtimeNs: nanoseconds(madeMs) };
    if (known !== undefined) return this.#add({ ...entry, type: "symlink", mode: 0o777, linkName: `../${known}` });
    this.#layerPaths.set(layer.diffId, path);
    const size = await this.#stores.layers.tarBytes(layer);
    this.#add({ ...entry, mode: 0o644, size }, () => this.#stores.layers.tar(layer));
  }

  #addText(name: string, text: string | Buffer, madeMs: number): void {
    const bytes = Buffer.from(text);
    const entry = { ...PLAIN_ENTRY, name, mode: 0o644, size: bytes.length, mtimeNs: nanoseconds(madeMs) };
    this.#add(entry, async function* () {
      yield bytes;
    });
  }

  #add(entry: TarEntry, content?: () => AsyncIterable<Uint8Array>): void {
    this.#files.set(entry.name, { entry, ...(content && { content }) });
  }

  /** In the order of their names. */
  all(): SavedFile[] {
    this.#addText("manifest.json", `${goJson(this.#manifest)}\n`, 0);
    if (Object.keys(this.#repositories).length > 0)
      this.#addText("repositories", `${goJson(sorted(this.#repositories))}\n`, 0);
    return [...this.#files.values()].sort((a, b) => (a.entry.name < b.entry.name ? -1 : 1));
  }
}

/** Of whole seconds; what isn't said is 1970 in an archive. */
function nanoseconds(ms: number): bigint {
  return BigInt(Math.max(Math.floor(ms / 1000), 0)) * NS_PER_SECOND;
}

async function* archiveOf(files: readonly SavedFile[], release: () => Promise<void>): AsyncGenerator<Uint8Array> {
  try {
    for (const { entry, content } of files) {
      yield formatHeaders(entry);
      if (content === undefined) continue;
      yield* content();
      yield Buffer.alloc(paddingOf(entry.size));
    }
    yield END_OF_ARCHIVE;
  } finally {
    await release();
  }
}

interface V1Layer {
  /** 64 digits. */
  readonly id: string;
  readonly json: string;
}

/** An ID depends on the layer, on what lies below, and of the topmost on the image's config. */
function v1IdsOf(image: DockerImage): V1Layer[] {
  const made: V1Layer[] = [];
  const stacks = chainIds(diffIdsOf(image));
  for (const [i, stack] of stacks.entries()) {
    const own = v1ImageOf(i === stacks.length - 1 ? image : { created: EPOCH });
    const parent = made.at(-1)?.id;
    const named = { ...own, layer_id: stack, ...(parent !== undefined && { parent: `sha256:${parent}` }) };
    const id = digestEncoded(sha256(goJson(sorted(named))));
    made.push({ id, json: goJson({ id, ...(parent !== undefined && { parent }), ...own, os: image.os }) });
  }
  return made;
}

/** Docker's first image format, without its ID; members in Go's order. */
function v1ImageOf(image: Partial<DockerImage>): Record<string, unknown> {
  const { comment, created = GO_ZERO_TIME, container, container_config = {}, docker_version, author, config } = image;
  return {
    ...(comment && { comment }),
    created,
    ...(container && { container }),
    container_config: goContainerConfig(container_config),
    ...(docker_version && { docker_version }),
    ...(author && { author }),
    ...(config && { config: goContainerConfig(config) }),
    ...(image.architecture && { architecture: image.architecture }),
    ...(image.variant && { variant: image.variant }),
    ...(image.os && { os: image.os }),
  };
}
