/**
 * Reads a tar as a stream of entries.
 *
 * An entry is one or more headers, then its content:
 *
 *     [g: PAX records for all that follow]  [x: PAX records] [L: long name] [K: long link]  header  content, padded to 512
 *
 * and the archive ends with blocks of zeros. The reader follows POSIX (ustar, PAX) and the GNU and star dialects.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
 * @see https://www.gnu.org/software/tar/manual/html_node/Tar-Internals.html
 */
import { ArchiveError, quote } from "./archive-error.ts";
import { ByteSource } from "./byte-source.ts";
import { decodeEntry, type EntryHeaders, mergeRecords, storedBytes } from "./entry-decoder.ts";
import { decodeName } from "./file-name.ts";
import type { ArchiveLimits } from "./limits.ts";
import { type PaxRecords, parsePax } from "./pax.ts";
import { checkLayout, type FileLayout, oldGnuLayout, paxLayout } from "./sparse.ts";
import type { TarEntry } from "./tar-entry.ts";
import { BLOCK_SIZE, isZeroBlock, parseHeader, type TarHeader } from "./tar-header.ts";

/** Bytes of a file and where they belong; between two pieces there may be a hole. */
interface ContentPiece {
  readonly position: number;
  readonly bytes: Buffer;
}

/** An entry with its content. Content that nobody reads is skipped when the next entry is asked for. */
export interface TarMember {
  readonly entry: TarEntry;
  content(): AsyncGenerator<ContentPiece>;
}

/** The volume label of GNU tar: it describes the archive, not a file. */
const VOLUME_LABEL = "V";
/** Largest piece of content handed on at once. */
const PIECE_BYTES = 1024 * 1024;
/** Every entry inherits them, so a bomb could make each entry slow. git writes one: a comment. */
const MAX_GLOBAL_RECORDS = 100;
const OLD_GNU_SPARSE = "S";

/**
 * Reads the entries of an uncompressed tar, then the rest of the stream to its end.
 *
 * @throws {ArchiveError} When the archive is damaged, truncated or beyond `limits`.
 */
export async function* readTar(tar: AsyncIterable<Uint8Array>, limits: ArchiveLimits): AsyncGenerator<TarMember> {
  const reader = new TarReader(tar, limits);
  try {
    for (let member = await reader.next(); member !== undefined; member = await reader.next()) yield member;
  } finally {
    await reader.close();
  }
}

/** What the extended headers before an entry said. */
interface Extension {
  records: PaxRecords;
  longName?: string;
  longLink?: string;
}

class TarReader {
  readonly #source: ByteSource;
  readonly #limits: ArchiveLimits;
  #globalRecords: PaxRecords = new Map();
  #headers = 0;
  #headerBytes = 0;
  #fileBytes = 0;
  /** Content and padding of the current entry that are still in the stream. */
  #remaining = 0;
  #padding = 0;

  constructor(tar: AsyncIterable<Uint8Array>, limits: ArchiveLimits) {
    this.#source = new ByteSource(tar, limits.totalBytes);
    this.#limits = limits;
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  async next(): Promise<TarMember | undefined> {
    await this.#source.skip(this.#remaining + this.#padding);
    this.#remaining = this.#padding = 0;
    const extension: Extension = { records: new Map() };
    for (;;) {
      const block = await this.#source.read(BLOCK_SIZE);
      if (isZeroBlock(block)) return await this.#drain();
      const header = this.#count(parseHeader(block));
      if (header.typeFlag === VOLUME_LABEL) await this.#source.skip(padded(header.size));
      else if (!(await this.#readExtension(header, extension))) return await this.#member(block, header, extension);
    }
  }

  /** Whoever hashes or feeds the stream expects it to be read to its end, beyond the tar's own. */
  async #drain(): Promise<undefined> {
    while ((await this.#source.readSome(PIECE_BYTES)) !== undefined);
  }

  #count(header: TarHeader): TarHeader {
    if (header.size < 0) throw new ArchiveError(`Cannot read ${quote(header.name)}: its size is negative`);
    if (++this.#headers > this.#limits.headers) {
      throw new ArchiveError(`Cannot read the archive: it has more than ${this.#limits.headers} headers`);
    }
    return header;
  }

  /** Reads an extended header; `false` when `header` is an entry's own. */
  async #readExtension(header: TarHeader, extension: Extension): Promise<boolean> {
    switch (header.typeFlag) {
      case "x":
      case "X": // Solaris
        extension.records = parsePax(await this.#extensionContent(header));
        return true;
      case "g":
        this.#addGlobals(parsePax(await this.#extensionContent(header)));
        return true;
      case "L":
        extension.longName = untilNul(await this.#extensionContent(header));
        return true;
      case "K":
        extension.longLink = untilNul(await this.#extensionContent(header));
        return true;
      default:
        return false;
    }
  }

  #addGlobals(records: PaxRecords): void {
    this.#globalRecords = new Map([...this.#globalRecords, ...records]);
    if (this.#globalRecords.size <= MAX_GLOBAL_RECORDS) return;
    throw new ArchiveError(`Cannot read the archive: it has more than ${MAX_GLOBAL_RECORDS} global PAX records`);
  }

  async #extensionContent({ size }: TarHeader): Promise<Buffer> {
    const { headerBytes, allHeaderBytes } = this.#limits;
    this.#headerBytes += size;
    if (size > headerBytes || this.#headerBytes > allHeaderBytes) {
      throw new ArchiveError(
        `Cannot read the archive: extended headers have more than ${headerBytes} bytes, or ${allHeaderBytes} together`,
      );
    }
    const content = await this.#source.read(padded(size));
    return Buffer.from(content.subarray(0, size)); // a copy: attributes outlive the chunk
  }

  async #member(block: Buffer, header: TarHeader, extension: Extension): Promise<TarMember> {
    const records = mergeRecords(this.#globalRecords, extension.records);
    const headers: EntryHeaders = { block, header, ...extension, records };
    const known = decodeEntry(headers);
    this.#remaining = storedBytes(headers, known.type);
    this.#padding = padded(this.#remaining) - this.#remaining;
    if (known.type !== "file") return { entry: { ...known, size: 0 }, content: noContent };
    const layout = await this.#layout(headers);
    checkLayout(known.name, layout);
    this.#remaining = layout.storedBytes;
    this.#countFile(known.name, layout.size);
    return { entry: { ...known, size: layout.size }, content: () => this.#content(layout) };
  }

  async #layout({ block, header, records }: EntryHeaders): Promise<FileLayout> {
    const size = this.#remaining;
    if (header.typeFlag === OLD_GNU_SPARSE) return await oldGnuLayout(block, size, this.#source, this.#limits);
    const whole = { size, regions: [{ offset: 0, length: size }], storedBytes: size };
    return (await paxLayout(records, size, this.#source, this.#limits)) ?? whole;
  }

  #countFile(name: string, size: number): void {
    this.#fileBytes += size;
    if (this.#fileBytes <= this.#limits.totalBytes) return;
    throw new ArchiveError(`Cannot read ${quote(name)}: files so far have more than ${this.#limits.totalBytes} bytes`);
  }

  async *#content({ regions }: FileLayout): AsyncGenerator<ContentPiece> {
    for (const { offset, length } of regions) {
      for (let done = 0; done < length; ) {
        const bytes = await this.#source.readSome(Math.min(length - done, PIECE_BYTES));
        if (bytes === undefined)
          throw new ArchiveError("Cannot read the archive: it ends in the middle, it is truncated");
        this.#remaining -= bytes.length;
        yield { position: offset + done, bytes };
        done += bytes.length;
      }
    }
  }
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK_SIZE) * BLOCK_SIZE;
}

async function* noContent(): AsyncGenerator<ContentPiece> {}

function untilNul(content: Buffer): string {
  const end = content.indexOf(0);
  return decodeName(end === -1 ? content : content.subarray(0, end));
}
