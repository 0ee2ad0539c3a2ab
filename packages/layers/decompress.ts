/**
 * Archives come compressed or not; the first bytes tell.
 *
 * GNU tar of January 2013 took plain tar from a pipe and nothing else. We also take what `node:zlib` decodes, as bsdtar does.
 */
import { pipeline, Readable, type Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { ArchiveError } from "./archive-error.ts";

/** Each is a turn of a thread of the pool, and one of ours. */
const CHUNK_SIZE = 256 * 1024;

interface Compression {
  readonly name: string;
  readonly magic: Buffer;
  readonly decoder?: () => Transform;
}

/** First bytes of compressed files: the specification of each format, and file(1)'s magic. */
const COMPRESSIONS: readonly Compression[] = [
  { name: "gzip", magic: Buffer.from("1f8b08", "hex"), decoder: () => createGunzip({ chunkSize: CHUNK_SIZE }) },
  {
    name: "zstd",
    magic: Buffer.from("28b52ffd", "hex"),
    decoder: () => createZstdDecompress({ chunkSize: CHUNK_SIZE }),
  },
  { name: "xz", magic: Buffer.from("fd377a585a00", "hex") },
  { name: "bzip2", magic: Buffer.from("425a68", "hex") },
  { name: "lz4", magic: Buffer.from("04224d18", "hex") },
  { name: "lzip", magic: Buffer.from("4c5a4950", "hex") },
];

const LONGEST_MAGIC = 6;

/**
 * The tar inside, decompressed if need be.
 *
 * @param mayBeEmpty - Then nothing is in it.
 * @throws {ArchiveError} (while reading) When the stream is empty, damaged, or compressed with what we do not decode.
 */
export async function* decompress(
  archive: AsyncIterable<Uint8Array>,
  { mayBeEmpty = false } = {},
): AsyncGenerator<Uint8Array> {
  const chunks = archive[Symbol.asyncIterator]();
  const start = await firstBytes(chunks);
  if (start.length === 0 && mayBeEmpty) return;
  if (start.length === 0) throw new ArchiveError("Cannot read the archive: it is empty");
  const compression = COMPRESSIONS.find(({ magic }) => start.subarray(0, magic.length).equals(magic));
  if (compression === undefined) yield* rejoin(start, chunks);
  else yield* decode(compression, rejoin(start, chunks));
}

async function firstBytes(chunks: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let start = Buffer.alloc(0);
  while (start.length < LONGEST_MAGIC) {
    const { done, value } = await chunks.next();
    if (done) break;
    start = Buffer.concat([start, value]);
  }
  return start;
}

async function* rejoin(start: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield start;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* decode(
  { name, decoder }: Compression,
  compressed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (decoder === undefined) {
    throw new ArchiveError(
      `Cannot read the archive: it is compressed with ${name}; decompress it first (${name} -dc FILE)`,
    );
  }
  const stream = decoder();
  // A failure of either end destroys both, so the loop below hears of it: nothing is left to do in the callback.
  pipeline(Readable.from(compressed, { objectMode: false }), stream, () => {});
  try {
    yield* stream;
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw new ArchiveError(`Cannot decompress the archive (${name}): ${error.message}`, { cause: error });
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && /^(Z_|ZSTD_|ERR_)/.test(String(error.code));
}
