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
import { decodeName } from "./file-name.ts";
import type { ArchiveLimits } from "./limits.ts";
import { type PaxRecords, parseDecimal, parsePax, parseTime } from "./pax.ts";
import { checkLayout, type FileLayout, oldGnuLayout, paxLayout } from "./sparse.ts";
import type { EntryType, TarEntry } from "./tar-entry.ts";
import { BLOCK_SIZE, FIELDS, isZeroBlock, parseHeader, parseNumber, type TarHeader } from "./tar-header.ts";
import { xattrsOf } from "./xattr-records.ts";

/** Bytes of a file and where they belong; between two pieces there may be a hole. */
export interface ContentPiece {
  readonly position: number;
  readonly bytes: Buffer;
}

/** An entry with its content. Content that nobody reads is skipped when the next entry is asked for. */
export interface TarMember {
  readonly entry: TarEntry;
  content(): AsyncGenerator<ContentPiece>;
}

// biome-ignore format: a table
const ENTRY_TYPES: Record<string, EntryType> = {
  "\0": "file", "0": "file", "7": "file", S: "file", "1": "link", "2": "symlink", "3": "character-device",
  "4": "block-device", "5": "directory", D: "directory", "6": "fifo",
};

/** The volume label of GNU tar: it describes the archive, not a file. */
const VOLUME_LABEL = "V";
/** Largest piece of content handed on at once. */
const PIECE_BYTES = 1024 * 1024;
/** uid_t has 32 bits, and its highest value means "leave as it is" to chown(2). */
const MAX_ID = 0xffff_fffe;

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
  pax: PaxRecords;
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
    const extension: Extension = { pax: new Map() };
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
        extension.pax = parsePax(await this.#extensionContent(header));
        return true;
      case "g":
        this.#globalRecords = new Map([...this.#globalRecords, ...parsePax(await this.#extensionContent(header))]);
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
    const records = mergeRecords(this.#globalRecords, extension.pax);
    const name = entryName(header, extension, records);
    const type = entryType(name, header);
    const layout = await this.#layout(type, name, block, header, records);
    this.#fileBytes += layout.size;
    if (this.#fileBytes > this.#limits.totalBytes) {
      throw new ArchiveError(
        `Cannot read ${quote(name)}: files so far have more than ${this.#limits.totalBytes} bytes`,
      );
    }
    const entry: TarEntry = {
      name,
      type,
      mode: header.mode & 0o7777,
      uid: id(name, numberRecord(records, "uid") ?? header.uid),
      gid: id(name, numberRecord(records, "gid") ?? header.gid),
      size: layout.size,
      mtimeNs: timeRecord(records, "mtime") ?? BigInt(header.mtime) * 1_000_000_000n,
      linkName: isLink(type) ? (textRecord(records, "linkpath") ?? extension.longLink ?? header.linkName) : "",
      ...deviceNumbers(type, block, records),
      xattrs: xattrsOf(records),
    };
    return { entry, content: () => this.#content(layout) };
  }

  async #layout(
    type: EntryType,
    name: string,
    block: Buffer,
    header: TarHeader,
    records: PaxRecords,
  ): Promise<FileLayout> {
    if (header.typeFlag === "D")
      this.#remaining = header.size; // a list of names, of GNU's incremental backups
    else if (type === "file") this.#remaining = numberRecord(records, "size") ?? header.size;
    this.#padding = padded(this.#remaining) - this.#remaining;
    const size = this.#remaining;
    if (type !== "file") return { size: 0, regions: [], storedBytes: 0 };
    const sparse =
      header.typeFlag === "S"
        ? await oldGnuLayout(block, size, this.#source, this.#limits)
        : await paxLayout(records, size, this.#source, this.#limits);
    const layout = sparse ?? { size, regions: [{ offset: 0, length: size }], storedBytes: size };
    this.#remaining = layout.storedBytes;
    checkLayout(name, layout);
    return layout;
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

/** An entry's own records replace the global ones; an empty value takes a record away. */
function mergeRecords(globals: PaxRecords, own: PaxRecords): PaxRecords {
  if (globals.size === 0) return own;
  const records = new Map([...globals, ...own]);
  for (const [key, value] of records) if (value.length === 0 && !key.includes(".xattr.")) records.delete(key);
  return records;
}

function entryName(header: TarHeader, extension: Extension, records: PaxRecords): string {
  return textRecord(records, "GNU.sparse.name") ?? textRecord(records, "path") ?? extension.longName ?? header.name;
}

/** Before ustar, a directory was a file whose name ends with a slash. */
function entryType(name: string, { typeFlag }: TarHeader): EntryType {
  const type = ENTRY_TYPES[typeFlag];
  if (type === undefined)
    throw new ArchiveError(`Cannot read ${quote(name)}: entries of type ${quote(typeFlag)} are not supported`);
  return (typeFlag === "0" || typeFlag === "\0") && name.endsWith("/") ? "directory" : type;
}

function isLink(type: EntryType): boolean {
  return type === "link" || type === "symlink";
}

function deviceNumbers(
  type: EntryType,
  block: Buffer,
  records: PaxRecords,
): { deviceMajor: number; deviceMinor: number } {
  if (type !== "character-device" && type !== "block-device") return { deviceMajor: 0, deviceMinor: 0 };
  return {
    deviceMajor: numberRecord(records, "SCHILY.devmajor") ?? parseNumber(block, FIELDS.deviceMajor),
    deviceMinor: numberRecord(records, "SCHILY.devminor") ?? parseNumber(block, FIELDS.deviceMinor),
  };
}

function id(name: string, value: number): number {
  if (value < 0 || value > MAX_ID)
    throw new ArchiveError(`Cannot read ${quote(name)}: there is no user or group ${value}`);
  return value;
}

function textRecord(records: PaxRecords, key: string): string | undefined {
  const value = records.get(key);
  return value === undefined || value.length === 0 ? undefined : decodeName(value);
}

function numberRecord(records: PaxRecords, key: string): number | undefined {
  const text = textRecord(records, key);
  return text === undefined ? undefined : parseDecimal(text);
}

function timeRecord(records: PaxRecords, key: string): bigint | undefined {
  const value = records.get(key);
  return value === undefined || value.length === 0 ? undefined : parseTime(value);
}

function untilNul(content: Buffer): string {
  const end = content.indexOf(0);
  return decodeName(end === -1 ? content : content.subarray(0, end));
}
