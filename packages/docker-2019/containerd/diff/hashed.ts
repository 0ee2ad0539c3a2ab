/** Pieces on their way, hashed as they go by. */
import type { Digester } from "@eras/oci-spec/digest.ts";

/** The same pieces. The digester knows them all when the end is reached. */
export async function* hashed(
  pieces: AsyncIterable<Uint8Array>,
  digester: Digester,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    digester.update(piece);
    yield piece;
  }
}
