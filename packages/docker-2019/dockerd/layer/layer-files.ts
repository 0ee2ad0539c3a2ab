/** The files of a layer in its place, read again: see layer-store.ts. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDigest } from "@eras/oci-spec/digest.ts";
import type { Layer } from "./layer-store.ts";
import { isTreeName } from "./write-sets.ts";

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
  if (!isDigest(chainId) || !isDigest(diffId) || !isTreeName(cacheId) || !/^\d+$/.test(size)) return undefined;
  return { chainId, diffId, parent: isDigest(parent) ? parent : undefined, cacheId, bytes: Number(size) };
}
