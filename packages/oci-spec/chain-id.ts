/** Names of layers that lie on each other. */
import { type Digest, sha256 } from "./digest.ts";
import { InvalidArgument } from "./errdefs.ts";

/**
 * Names a stack of layers, where a diffID names a single layer.
 *
 *     chainID(A)     = A
 *     chainID(A|B|C) = sha256(chainID(A|B) + " " + C)
 *
 * Two images share a directory on disk only if everything below it is the same too, so the name covers the whole stack.
 *
 * @param diffIds - Digests of the uncompressed layer tars, bottom layer first.
 * @throws {InvalidArgument} When `diffIds` is empty.
 * @see https://github.com/opencontainers/image-spec/blob/v1.0.1/config.md#layer-chainid
 */
export function chainId(diffIds: readonly Digest[]): Digest {
  const top = chainIds(diffIds).at(-1);
  if (top === undefined) throw new InvalidArgument("Cannot compute chainID: the image has no layers");
  return top;
}

/** The chainIDs of all stacks that an image is built up through: of the bottom layer alone, of the lower two, … of all. */
export function chainIds(diffIds: readonly Digest[]): Digest[] {
  const stacks: Digest[] = [];
  for (const diffId of diffIds) {
    const below = stacks.at(-1);
    stacks.push(below === undefined ? diffId : sha256(`${below} ${diffId}`));
  }
  return stacks;
}
