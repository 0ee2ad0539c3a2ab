/**
 * An image of January 2013: a name, and directories to stack. No manifest, no configuration, no tags.
 *
 *     id = <name>:<16 hex>     one layer: the layer's id
 *                              more: hash of the layers' names, top to base, one after the other
 *
 * The name is part of the id: the same layers under two names are two images that share their directories.
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";

/** As index.json spells it. */
export interface Image {
  readonly Id: string;
  /** Absolute paths of layer directories, the top one first. */
  readonly Layers: readonly string[];
  /** RFC 3339. */
  readonly Created: string;
  /** Id of the image that this one was made from, or "". */
  readonly Parent: string;
}

/** Whether `value`, read from a file, is an image. */
export function isImage(value: unknown): value is Image {
  const { Id, Layers, Created } = (value ?? {}) as Partial<Image>;
  return typeof Id === "string" && Array.isArray(Layers) && !Number.isNaN(Date.parse(Created ?? ""));
}

const ID_BYTES = 8;

/** The first half of a SHA-256 in hex: 16 digits, the era's hash for everything. */
export function shortHash(digest: Buffer): string {
  return digest.toString("hex", 0, ID_BYTES);
}

/** @throws {Error} "Illegal image name" for an empty one, or one that no command line could repeat. */
export function newImage(name: string, layers: readonly string[], parent: string): Image {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (!/^[^\s\u0000-\u001f\u007f]+$/.test(name)) throw new Error("Illegal image name");
  const names = layers.map((layer) => basename(layer));
  const hash = names.length === 1 ? names[0] : shortHash(createHash("sha256").update(names.join("")).digest());
  return { Id: `${name}:${hash}`, Layers: layers, Created: new Date().toISOString(), Parent: parent };
}

/** The name in an image's id. A name may contain colons itself: one that was pulled is a URL. */
export const imageName = (image: Image) => image.Id.slice(0, image.Id.lastIndexOf(":"));
