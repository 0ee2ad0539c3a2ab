/** Which image of the shelf a command line of 2019 may need. */
import type { ShelfImage } from "../shelf/shelf.ts";

/** Names of the shelf's images, known without loading what makes them; each with what a container of it runs. */
export const SHELF_COMMANDS: Readonly<Record<ShelfImage, string>> = { base: "/bin/bash", busybox: "sh" };

/** What a command line wants of an image. */
export interface ImageWish {
  readonly kind: "container" | "pull";
  readonly image: ShelfImage;
}

const KINDS: Readonly<Record<string, ImageWish["kind"]>> = { run: "container", create: "container", pull: "pull" };
/** With these, `pull` is not about the one image that is on the shelf. */
const OTHER_PULLS = ["-a", "--all-tags", "--help"];

/**
 * A hundred options of `run` stand before the image's name, some with a word of their own. Here any word after the command counts that is
 * the name of a shelf's image: at worst that makes an image too many.
 */
export function imageWish(words: readonly string[]): ImageWish | undefined {
  const command = words.findIndex((word) => Object.hasOwn(KINDS, word));
  const kind = KINDS[words[command] ?? ""];
  const others = words.slice(command + 1);
  const image = others.map(shelfName).find(isOnShelf);
  if (kind === undefined || image === undefined) return undefined;
  return kind === "pull" && others.some((word) => OTHER_PULLS.includes(word)) ? undefined : { kind, image };
}

/** `docker.io/library/busybox:latest` and `busybox` are the same. */
const shelfName = (word: string) =>
  word.replace(/^(?:(?:index\.)?docker\.io\/)?(?:library\/)?/, "").replace(/:latest$/, "");

const isOnShelf = (name: string): name is ShelfImage => Object.hasOwn(SHELF_COMMANDS, name);
