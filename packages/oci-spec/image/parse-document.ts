/** From the bytes of a blob to JSON. */
import { InvalidArgument } from "../errdefs.ts";
import { parseJson } from "../exact-json.ts";

/** More than any manifest or config needs; registries refuse larger ones: docker/distribution, maxManifestBodySize. */
const MAX_BYTES = 4 << 20;

/**
 * Parses a document of an image.
 *
 * @param what - What it is, for the message: `manifest`.
 * @throws {InvalidArgument} When it is too long, or not UTF-8, or not JSON.
 */
export function parseDocument(json: string | Uint8Array, what: string): unknown {
  if (json.length > MAX_BYTES) throw new InvalidArgument(`Cannot parse ${what}: it is longer than ${MAX_BYTES} bytes`);
  try {
    return parseJson(typeof json === "string" ? json : new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidArgument(`Cannot parse ${what}: ${reason}`, { cause: error });
  }
}
