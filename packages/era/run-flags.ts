/** Reads the image out of `run [OPTIONS] IMAGE [COMMAND…]`, by the rules of Go 1.0's flag package: the daemon does the real parsing. */
import type { ShelfImage } from "./shelf/shelf.ts";

/** Names of the shelf's images, known without loading what makes them. */
const SHELF: Record<ShelfImage, true> = { base: true, busybox: true };

/** Of the options of `run` the one that takes a word of its own. */
const COMMENT = "c";
const OPTIONS = new Set(["a", "i", "t", COMMENT]);

/**
 * The image of the shelf that a `run` needs.
 *
 * @returns Undefined for other commands, for options that the daemon will refuse, and for images that it must know by itself.
 */
export function requestedImage(args: readonly string[]): ShelfImage | undefined {
  if (args[0]?.toLowerCase() !== "run") return undefined;
  const words = args.slice(1);
  while (words[0] !== undefined && words[0].length > 1 && words[0].startsWith("-")) {
    const word = words.shift()!;
    if (word === "--") break;
    const [name, value] = word.replace(/^--?/, "").split("=", 2) as [string, string?];
    if (!OPTIONS.has(name)) return undefined;
    if (name === COMMENT && value === undefined) words.shift();
  }
  const image = words[0] ?? "base";
  return isOnShelf(image) ? image : undefined;
}

const isOnShelf = (name: string): name is ShelfImage => Object.hasOwn(SHELF, name);
