import type { List } from "../../engine-api/container-config.ts";
import type { ImageDeleteItem } from "../../engine-api/image.ts";

/** What has been done to images, in its order: `Untagged: web:1`, `Deleted: sha256:…` */
export function deletedLines(items: List<ImageDeleteItem>): string[] {
  return (items ?? []).map((item) => ("Untagged" in item ? `Untagged: ${item.Untagged}` : `Deleted: ${item.Deleted}`));
}

/** The same, as a prune tells it, whose lines begin with small letters. */
export function prunedLines(items: List<ImageDeleteItem>): string[] {
  return deletedLines(items).map((line) => line[0]!.toLowerCase() + line.slice(1));
}
