/**
 * What is known of layers from pulls and pushes: by which digests registries have them.
 *
 *     DISTRIBUTION/
 *     ├─ diffid-by-digest/sha256/c6a0a5…          the compressed blob  ─▶  sha256:207f19…, the diffID: need not be pulled again
 *     └─ v2metadata-by-diffid/sha256/207f19…      the diffID ─▶ [{"Digest":"sha256:c6a0a5…","SourceRepository":"docker.io/library/busybox","HMAC":""}]
 *
 * The second says which repositories have the layer: a push need not send it there, or lets the registry take it from one of them.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/distribution/metadata/v2_metadata_service.go
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestEncoded, isDigest } from "@eras/oci-spec/digest.ts";
import { writeFileAtomic } from "../atomic-write.ts";
import { goJson } from "../layer/go-json.ts";

const PRIVATE_MODE = 0o700;
const FILE_MODE = 0o644;
/** Blobs that are remembered of one layer. */
const MAX_KNOWN = 50;

/** Where a layer is to be had. */
export interface KnownBlob {
  readonly Digest: Digest;
  /** `docker.io/library/busybox` */
  readonly SourceRepository: string;
  /** Of who pushed it, in the original. We note none. */
  readonly HMAC: string;
}

export class DistributionMetadata {
  readonly #diffIds: string;
  readonly #blobs: string;

  /** @param directory - IMAGE-ROOT/distribution */
  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: PRIVATE_MODE });
    this.#diffIds = join(directory, "diffid-by-digest");
    this.#blobs = join(directory, "v2metadata-by-diffid");
  }

  /** The layer in a blob, if it is known. */
  diffId(digest: Digest): Digest | undefined {
    const path = placeOf(this.#diffIds, digest);
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    return isDigest(text) ? text : undefined;
  }

  /** Where a layer is to be had, the latest first. */
  blobs(diffId: Digest): KnownBlob[] {
    const path = placeOf(this.#blobs, diffId);
    return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as KnownBlob[]) : []; // we have written it, or Docker has
  }

  /** Notes that a repository has a layer in this blob. */
  add(diffId: Digest, blob: Pick<KnownBlob, "Digest" | "SourceRepository">): void {
    const others = this.blobs(diffId).filter((known) => !isSame(known, blob));
    const { Digest, SourceRepository } = blob;
    const blobs = [...others, { Digest, SourceRepository, HMAC: "" }].slice(-MAX_KNOWN);
    write(placeOf(this.#blobs, diffId), goJson(blobs));
    write(placeOf(this.#diffIds, Digest), diffId);
  }

  /** Notes that a repository has it no longer. */
  remove(diffId: Digest, blob: Pick<KnownBlob, "Digest" | "SourceRepository">): void {
    write(placeOf(this.#blobs, diffId), goJson(this.blobs(diffId).filter((known) => !isSame(known, blob))));
  }
}

function isSame(a: Pick<KnownBlob, "Digest" | "SourceRepository">, b: typeof a): boolean {
  return a.Digest === b.Digest && a.SourceRepository === b.SourceRepository;
}

function placeOf(directory: string, digest: Digest): string {
  return join(directory, "sha256", digestEncoded(digest));
}

function write(path: string, text: string): void {
  mkdirSync(join(path, ".."), { recursive: true, mode: 0o755 });
  writeFileAtomic(path, text, FILE_MODE);
}
