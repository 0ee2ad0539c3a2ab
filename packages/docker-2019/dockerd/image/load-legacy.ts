/**
 * `docker load` of an archive from before 1.10, which has no manifest.json:
 *
 *     repositories        {"busybox": {"latest": "25445a…"}}
 *     25445a…/json        an image, or a layer, which were the same; it names the one below
 *     25445a…/layer.tar
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/image/tarexport/load.go
 */

import { record, string } from "@eras/oci-spec/check.ts";
import type { Digest } from "@eras/oci-spec/digest.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { validate } from "@eras/oci-spec/findings.ts";
import { parseDocument } from "@eras/oci-spec/image/parse-document.ts";
import { parseReference, type Reference } from "@eras/oci-spec/reference.ts";
import { topChainId } from "../layer/layer-store.ts";
import { diffIdsOf } from "./docker-image.ts";
import type { Images } from "./images.ts";
import { configOfV1, historyOfV1, parseV1Image } from "./v1-image.ts";

/** The archive, as it was unpacked. */
export interface LegacyArchive {
  directories(): readonly string[];
  /** @throws {InvalidArgument} When there is no such file. */
  read(path: string): Buffer;
  /** @param name - By which the progress is told. */
  layerTar(path: string, name: string): AsyncIterable<Uint8Array>;
  setTag(reference: Reference, id: Digest): void;
}

/** @returns The IDs of the images that it has, one a layer. */
export async function loadLegacy(archive: LegacyArchive, stores: Images): Promise<Digest[]> {
  const loaded = new Map<string, Digest>();
  for (const id of archive.directories()) await loadWithParents(archive, stores, id, loaded);
  const document = parseDocument(archive.read("repositories"), "repositories");
  const repositories = validate(record(record(string)), document, "repositories").value;
  for (const [name, tags] of Object.entries(repositories)) {
    for (const [tag, old] of Object.entries(tags)) {
      const id = loaded.get(old);
      if (id === undefined) throw new InvalidArgument(`invalid target ID: ${old}`);
      archive.setTag(parseReference(`${name}:${tag}`), id);
    }
  }
  return [...loaded.values()];
}

/** From the bottom on: the chain is as long as somebody has made it. */
async function loadWithParents(
  archive: LegacyArchive,
  stores: Images,
  id: string,
  loaded: Map<string, Digest>,
): Promise<void> {
  const chain: string[] = [];
  for (let next: string | undefined = id; next && !loaded.has(next); next = parentOf(archive, next)) {
    if (chain.includes(next)) throw new InvalidArgument(`image ${next} is below itself`);
    chain.push(next);
  }
  for (const old of chain.reverse()) loaded.set(old, await loadOne(archive, stores, old, loaded));
}

function parentOf(archive: LegacyArchive, id: string): string | undefined {
  return parseV1Image(archive.read(`${id}/json`)).parent;
}

async function loadOne(
  archive: LegacyArchive,
  { images, layers }: Images,
  old: string,
  loaded: ReadonlyMap<string, Digest>,
): Promise<Digest> {
  const image = parseV1Image(archive.read(`${old}/json`));
  if (image.os && image.os !== "linux") throw new InvalidArgument(`cannot load ${image.os} image on linux`);
  const parent = image.parent ? loaded.get(image.parent) : undefined;
  const before = parent === undefined ? undefined : images.image(parent);
  const below = before ? diffIdsOf(before) : [];
  const layer = await layers.register(archive.layerTar(`${old}/layer.tar`, old), topChainId(below));
  try {
    const history = [...(before?.history ?? []), historyOfV1(image)];
    const id = images.create(configOfV1(image, [...below, layer.diffId], history));
    if (parent !== undefined) images.setParent(id, parent);
    return id;
  } finally {
    await layers.release(layer.chainId);
  }
}
