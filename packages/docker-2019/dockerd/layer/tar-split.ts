/**
 * tar-split: what of a tar isn't in the files that were unpacked from it, so that both together give the same tar again, byte by byte.
 * A layer is named by the digest of its tar, and nobody writes a tar twice the same way; so push and save need the old one.
 *
 *     {"type":2,"payload":"Li9iaW4v…","position":0}                         bytes as they are: headers, padding, the end
 *     {"type":1,"name":"./bin/","payload":null,"position":1}                an entry without content
 *     {"type":2,"payload":"aGkAAA…","position":2}
 *     {"type":1,"name":"hi","size":3,"payload":"YUmYEAAAAAA=","position":3}   here come 3 bytes of the file, with this CRC-64
 *     {"type":2,"payload":"","position":4}                                  always the last
 *
 * One line each, and all of them compressed: tar-split.json.gz.
 *
 * @see https://github.com/vbatts/tar-split/tree/v0.11.1/tar/storage
 */
import { ArchiveError } from "@eras/layers/archive-error.ts";
import { decodeEntry, type EntryHeaders, mergeRecords, storedBytes } from "@eras/layers/entry-decoder.ts";
import { decodeName, encodeName } from "@eras/layers/file-name.ts";
import { DEFAULT_LIMITS } from "@eras/layers/limits.ts";
import { type PaxRecords, parsePax } from "@eras/layers/pax.ts";
import { BLOCK_SIZE, isZeroBlock, parseHeader, type TarHeader } from "@eras/layers/tar-header.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { Crc64 } from "./crc64.ts";
import { goJson } from "./go-json.ts";

/** One line, decoded. */
export interface TarSplitEntry {
  readonly type: 1 | 2;
  readonly name?: string;
  /** In base64, in place of `name`: one that is no UTF-8. */
  readonly name_raw?: string;
  readonly size?: number;
  /** In base64: the bytes of a segment, or the checksum of a file. */
  readonly payload: string | null;
  readonly position: number;
}

/** Types of entries. */
export const FILE = 1;
export const SEGMENT = 2;

/** A segment is not to become longer than this, if it can be helped. */
const SEGMENT_BYTES = 1 << 20;
/** In an old GNU header, and in the blocks that go on with its list, whether another block of the list follows. */
const SPARSE_LIST = { inHeader: 482, inBlock: 504 };

/** What the stream is about to bring. */
type Expected =
  /** So many bytes, all needed before it can be told what they mean. */
  | { readonly kind: "header" | "extension" | "sparse-list" | "second-zero-block"; readonly bytes: number }
  | { readonly kind: "content" | "raw"; left: number }
  /** Beyond the archive. */
  | { readonly kind: "rest" };

const HEADER = { kind: "header", bytes: BLOCK_SIZE } as const;

/** Takes a tar apart that goes by in pieces. Of each piece, lines come out. */
export class TarSplitter {
  readonly #names = new Set<string>();
  #lines: string[] = [];
  #position = 0;
  #expected: Expected = HEADER;
  /** The beginning of what is needed as a whole. */
  #begun: Buffer[] = [];
  #begunBytes = 0;
  /** What the next segment is made of. */
  #raw: Buffer[] = [];
  #rawBytes = 0;
  /** What extended headers have said, and the one whose content comes next. */
  #globals: PaxRecords = new Map();
  #extensions: Extensions = { records: new Map() };
  #extension: TarHeader | undefined;
  /** The file whose content goes by. */
  #file = { name: "", size: 0, crc: new Crc64() };

  /**
   * @returns Lines, each with its end.
   * @throws {ArchiveError} When it is no tar; {InvalidArgument} when a name occurs twice: the first file's content would be lost.
   */
  push(piece: Buffer): string {
    for (let rest = piece; rest.length > 0; ) rest = rest.subarray(this.#take(rest));
    return this.#flush();
  }

  /** The last lines. */
  end(): string {
    this.#endSegment();
    this.#add({ type: SEGMENT, payload: "" });
    return this.#flush();
  }

  #flush(): string {
    const lines = this.#lines.join("");
    this.#lines = [];
    return lines;
  }

  /** @returns How many bytes it has taken. */
  #take(bytes: Buffer): number {
    const expected = this.#expected;
    switch (expected.kind) {
      case "content":
        return this.#takeContent(bytes.subarray(0, expected.left), expected);
      case "raw":
        return this.#takeRaw(bytes.subarray(0, expected.left), expected);
      case "rest":
        this.#addRaw(bytes);
        return bytes.length;
      default:
        return this.#takeWhole(bytes.subarray(0, expected.bytes - this.#begunBytes), expected.bytes);
    }
  }

  #takeContent(bytes: Buffer, expected: { left: number }): number {
    this.#file.crc.update(bytes);
    expected.left -= bytes.length;
    if (expected.left > 0) return bytes.length;
    const { name, size, crc } = this.#file;
    this.#addFile(name, size, crc.digest().toString("base64"));
    this.#expectRaw(paddingOf(size));
    return bytes.length;
  }

  #takeRaw(bytes: Buffer, expected: { left: number }): number {
    this.#addRaw(bytes);
    expected.left -= bytes.length;
    if (expected.left === 0) this.#expected = HEADER;
    return bytes.length;
  }

  #takeWhole(bytes: Buffer, wanted: number): number {
    this.#begun.push(bytes);
    this.#begunBytes += bytes.length;
    if (this.#begunBytes < wanted) return bytes.length;
    const whole = this.#begun.length === 1 ? bytes : Buffer.concat(this.#begun);
    this.#begun = [];
    this.#begunBytes = 0;
    this.#addRaw(whole);
    this.#understand(whole);
    return bytes.length;
  }

  #understand(whole: Buffer): void {
    switch (this.#expected.kind) {
      case "header":
        if (isZeroBlock(whole)) this.#expected = { kind: "second-zero-block", bytes: BLOCK_SIZE };
        else this.#header(whole, parseHeader(whole));
        return;
      case "extension":
        this.#extended(whole.subarray(0, this.#extension!.size));
        this.#expected = HEADER;
        return;
      case "sparse-list":
        if (whole[SPARSE_LIST.inBlock] === 0) this.#expectRaw(padded(this.#file.size));
        return;
      default:
        this.#endSegment();
        this.#expected = { kind: "rest" };
    }
  }

  #header(block: Buffer, header: TarHeader): void {
    if ("xXgLK".includes(header.typeFlag)) {
      if (header.size < 0 || header.size > DEFAULT_LIMITS.headerBytes) {
        throw new ArchiveError(`Cannot read the archive: an extended header has ${header.size} bytes`);
      }
      this.#extension = header;
      this.#expected = header.size === 0 ? HEADER : { kind: "extension", bytes: padded(header.size) };
    } else if (header.typeFlag === VOLUME_LABEL) this.#expectRaw(padded(header.size));
    else this.#entry({ block: Buffer.from(block), header, ...this.#extensions });
  }

  #extended(content: Buffer): void {
    const { typeFlag } = this.#extension!;
    if (typeFlag === "g") this.#globals = new Map([...this.#globals, ...parsePax(Buffer.from(content))]);
    else if (typeFlag === "L") this.#extensions.longName = untilNul(content);
    else if (typeFlag === "K") this.#extensions.longLink = untilNul(content);
    else this.#extensions.records = parsePax(Buffer.from(content));
  }

  #entry(own: EntryHeaders): void {
    this.#extensions = { records: new Map() };
    const headers = { ...own, records: mergeRecords(this.#globals, own.records) };
    const { name, type } = decodeEntry(headers);
    const size = storedBytes(headers, type);
    this.#endSegment();
    this.#file = { name, size, crc: new Crc64() };
    const isSparse =
      headers.header.typeFlag === "S" || [...headers.records.keys()].some((key) => key.startsWith("GNU.sparse."));
    if (type === "file" && size > 0 && !isSparse) this.#expected = { kind: "content", left: size };
    else this.#withoutContent(headers, isSparse);
  }

  /** What a sparse file has in the archive isn't what it reads: it goes with the headers. */
  #withoutContent({ block, header }: EntryHeaders, isSparse: boolean): void {
    this.#addFile(this.#file.name, 0, null);
    const hasList = isSparse && header.typeFlag === "S" && block[SPARSE_LIST.inHeader] !== 0;
    if (hasList) this.#expected = { kind: "sparse-list", bytes: BLOCK_SIZE };
    else this.#expectRaw(padded(this.#file.size));
  }

  #expectRaw(bytes: number): void {
    this.#expected = bytes === 0 ? HEADER : { kind: "raw", left: bytes };
  }

  #addFile(name: string, size: number, payload: string | null): void {
    const path = name
      .split("/")
      .filter((part) => part !== "" && part !== ".")
      .join("/");
    if (this.#names.has(path)) throw new InvalidArgument("duplicates of file paths not supported");
    this.#names.add(path);
    const text = name.isWellFormed() ? { name } : { name_raw: encodeName(name).toString("base64") };
    this.#add({ type: FILE, ...text, ...(size > 0 && { size }), payload });
  }

  /** A copy: the piece's owner may use it again. */
  #addRaw(bytes: Buffer): void {
    this.#raw.push(Buffer.from(bytes));
    this.#rawBytes += bytes.length;
    if (this.#rawBytes >= SEGMENT_BYTES) this.#endSegment();
  }

  #endSegment(): void {
    if (this.#rawBytes === 0) return;
    this.#add({ type: SEGMENT, payload: Buffer.concat(this.#raw).toString("base64") });
    this.#raw = [];
    this.#rawBytes = 0;
  }

  #add(entry: Omit<TarSplitEntry, "position">): void {
    this.#lines.push(`${goJson({ ...entry, position: this.#position++ })}\n`);
  }
}

interface Extensions {
  records: PaxRecords;
  longName?: string;
  longLink?: string;
}

/** The volume label of GNU tar: it describes the archive, not a file. */
const VOLUME_LABEL = "V";

function padded(size: number): number {
  return Math.ceil(size / BLOCK_SIZE) * BLOCK_SIZE;
}

function paddingOf(size: number): number {
  return padded(size) - size;
}

function untilNul(content: Buffer): string {
  const end = content.indexOf(0);
  return decodeName(end === -1 ? content : content.subarray(0, end));
}
