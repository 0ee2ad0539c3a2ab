/**
 * Digests: content named by a hash of its bytes, so that whoever has the name can tell whether what he got is it.
 *
 *     sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b
 *     └─┬──┘ └──────────────────────────────┬───────────────────────────────┘
 *   algorithm                            encoded
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.0.1/descriptor.md#digests
 */
import { createHash, type Hash } from "node:crypto";
import { FailedPrecondition, InvalidArgument } from "./errdefs.ts";
import { show } from "./findings.ts";

/** `algorithm:encoded`. What comes from outside is one only after `parseDigest` or `isDigest`. */
export type Digest = `${string}:${string}`;

/** How many hexadecimal digits each known algorithm gives. */
const HEX_LENGTH = new Map([
  ["sha256", 64],
  ["sha384", 96],
  ["sha512", 128],
]);

/** What any digest looks like, of a known algorithm or not. */
const GRAMMAR = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([a-zA-Z0-9=_-]+)$/;

/**
 * Takes text for a digest.
 *
 * @throws {InvalidArgument} In go-digest's words, as users of Docker know them: `invalid checksum digest format`, `invalid checksum
 * digest length`, `unsupported digest algorithm`.
 */
export function parseDigest(text: string): Digest {
  const reason = whyNoDigest(text);
  if (reason !== undefined) throw new InvalidArgument(reason);
  return text as Digest; // it has a colon
}

/** Whether text is a digest of a known algorithm. */
export function isDigest(text: string): text is Digest {
  return whyNoDigest(text) === undefined;
}

function whyNoDigest(text: string): string | undefined {
  const [, algorithm, encoded] = GRAMMAR.exec(text) ?? [];
  if (algorithm === undefined || encoded === undefined) return "invalid checksum digest format";
  const length = HEX_LENGTH.get(algorithm);
  if (length === undefined) return "unsupported digest algorithm";
  if (encoded.length !== length) return "invalid checksum digest length";
  return /^[0-9a-f]+$/.test(encoded) ? undefined : "invalid checksum digest format"; // capitals would be a second name
}

/** `sha256` */
export function digestAlgorithm(digest: Digest): string {
  return digest.slice(0, digest.indexOf(":"));
}

/** The part after the colon: the name of a file in a store of blobs. */
export function digestEncoded(digest: Digest): string {
  return digest.slice(digest.indexOf(":") + 1);
}

/** The digest of bytes, or of text as UTF-8. */
export function sha256(content: string | Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** Computes the digest of content that comes in pieces. */
export class Digester {
  readonly #algorithm: string;
  readonly #hash: Hash;
  #size = 0;

  /** @throws {InvalidArgument} When the algorithm isn't known. */
  constructor(algorithm = "sha256") {
    if (!HEX_LENGTH.has(algorithm)) throw new InvalidArgument("unsupported digest algorithm");
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  update(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#size += piece.length;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Of all pieces so far; more may follow. */
  digest(): Digest {
    return `${this.#algorithm}:${this.#hash.copy().digest("hex")}`;
  }
}

/** What content must be. */
export interface Expected {
  readonly digest: Digest;
  /** In bytes, where it is known. */
  readonly size?: number;
}

/** Watches content go by in pieces, and tells whether it was the expected. */
export class Verifier {
  readonly #expected: Expected;
  readonly #digester: Digester;

  constructor(expected: Expected) {
    this.#expected = expected;
    this.#digester = new Digester(digestAlgorithm(expected.digest));
  }

  /** @throws {FailedPrecondition} As soon as there is more than expected: nobody need store the rest. */
  update(piece: Uint8Array): void {
    this.#digester.update(piece);
    const { size } = this.#expected;
    if (size !== undefined && this.#digester.size > size) throw this.#mismatch(`more than ${size} bytes`);
  }

  /** To be called after the last piece. @throws {FailedPrecondition} When it wasn't the expected content. */
  finish(): void {
    const { digest, size } = this.#expected;
    if (size !== undefined && this.#digester.size < size)
      throw this.#mismatch(`${this.#digester.size} bytes in place of ${size}`);
    const actual = this.#digester.digest();
    if (actual !== digest) throw this.#mismatch(`the digest ${actual}`);
  }

  #mismatch(has: string): FailedPrecondition {
    return new FailedPrecondition(`Cannot accept content as ${show(this.#expected.digest)}: it has ${has}`);
  }
}

/**
 * Passes content on, and verifies it meanwhile. Whoever consumes it must not trust it before the end is reached.
 *
 * @throws {FailedPrecondition} At the end, or as soon as there is too much, when it isn't the expected content.
 */
export async function* verified(
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  expected: Expected,
): AsyncGenerator<Uint8Array, void, undefined> {
  const verifier = new Verifier(expected);
  for await (const piece of content) {
    verifier.update(piece);
    yield piece;
  }
  verifier.finish();
}
