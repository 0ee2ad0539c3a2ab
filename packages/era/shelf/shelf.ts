/** The shelf: images that this machine can make by itself, without a network. */
import { baseImage } from "./base.ts";
import { busyboxImage } from "./busybox.ts";
import { type ShelfEntry, writeTar } from "./entry.ts";

const IMAGES = { base: baseImage, busybox: busyboxImage } as const satisfies Record<
  string,
  () => ShelfEntry[] | Promise<ShelfEntry[]>
>;

export type ShelfImage = keyof typeof IMAGES;

export const SHELF_IMAGES = Object.keys(IMAGES) as ShelfImage[];

export const isOnShelf = (name: string): name is ShelfImage => Object.hasOwn(IMAGES, name);

/**
 * Makes an image. On an unchanged host the bytes are the same each time.
 *
 * @returns The image's file system as a tar, piece by piece.
 * @throws {Error} When the host lacks what the image is made of.
 */
export async function openImageTar(name: ShelfImage): Promise<Iterable<Buffer>> {
  return writeTar(inOrder(await IMAGES[name]()));
}

/** Sorted, so that directories come before what is in them; of two entries for a path the first counts. */
function inOrder(entries: readonly ShelfEntry[]): ShelfEntry[] {
  const byPath = new Map([...entries].reverse().map((entry) => [entry.header.name, entry]));
  return [...byPath.values()].sort((a, b) => (a.header.name < b.header.name ? -1 : 1));
}
