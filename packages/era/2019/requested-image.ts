/** Which image of the shelf a command line of 2019 may need. */
import type { ShelfImage } from "../shelf/shelf.ts";

/** Names of the shelf's images, known without loading what makes them; each with what a container of it runs. */
export const SHELF_COMMANDS: Readonly<Record<ShelfImage, string>> = { base: "/bin/bash", busybox: "sh" };

const MAKE_CONTAINERS = ["run", "create"];

/**
 * A hundred options of `run` stand before the image's name, some with a word of their own. Here any word after `run` counts that is the name
 * of a shelf's image: at worst that makes an image too many.
 */
export function requestedImage(words: readonly string[]): ShelfImage | undefined {
  const command = words.findIndex((word) => MAKE_CONTAINERS.includes(word));
  if (command === -1) return undefined;
  return words
    .slice(command + 1)
    .map((word) => word.replace(/:latest$/, ""))
    .find(isOnShelf);
}

const isOnShelf = (name: string): name is ShelfImage => Object.hasOwn(SHELF_COMMANDS, name);
