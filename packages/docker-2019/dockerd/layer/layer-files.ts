/** The files of a layer in its place, read again: see layer-store.ts. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDigest } from "@eras/oci-spec/digest.ts";
import type { Layer } from "./layer-store.ts";

/** 64 digits, and of a container's first layer a suffix. What else stands in a file names no tree. */
export const TREE_NAME = /^[0-9a-f]{64}(?:-init)?$/;

/** Undefined of a directory whose files can't be read. */
export function readLayer(directory: string, chainId: string): Layer | undefined {
  const read = (name: string) => {
    const path = join(directory, name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  const [cacheId, diffId, parent, size] = ["cache-id", "diff", "parent", "size"].map(read) as [
    string,
    string,
    string,
    string,
  ];
  if (!isDigest(chainId) || !isDigest(diffId) || !TREE_NAME.test(cacheId) || !/^\d+$/.test(size)) return undefined;
  return { chainId, diffId, parent: isDigest(parent) ? parent : undefined, cacheId, bytes: Number(size) };
}
