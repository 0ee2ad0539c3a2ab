/**
 * The header block: 512 bytes of text fields before each file's content.
 *
 *     offset  0     100  108 116 124  136   148   156  157      257   263     265   297   329      337      345    500
 *     field   name  mode uid gid size mtime chksum type linkname magic version uname gname devmajor devminor prefix (12 unused)
 *
 * Three dialects share it. ustar (POSIX 1988) has the magic "ustar\0" and puts the front of a long path into `prefix`. GNU has
 * "ustar  \0" and uses the place of `prefix` otherwise. v7 (1979) ends before the magic. Numbers are octal text; one that does not fit
 * is a binary number with the highest bit of its field set ("base-256").
 *
 * @see https://www.gnu.org/software/tar/manual/html_node/Standard.html
 * @see https://man.freebsd.org/cgi/man.cgi?query=tar&sektion=5
 */
import { ArchiveError, quote } from "./archive-error.ts";
import { decodeName } from "./file-name.ts";

/** Everything in a tar is padded to blocks of this size. */
export const BLOCK_SIZE = 512;

/** The values of the `type` field. */
export const TYPE_FLAGS = {
  file: "0",
  link: "1",
  symlink: "2",
  "character-device": "3",
  "block-device": "4",
  directory: "5",
  fifo: "6",
} as const;

/** The fields that every type of header has, decoded. */
export interface TarHeader {
  readonly name: string;
  readonly typeFlag: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Whole seconds. */
  readonly mtime: number;
  readonly linkName: string;
}

/** The place of a field in a block. */
export interface Field {
  readonly offset: number;
  readonly length: number;
}

// biome-ignore format: a table
export const FIELDS = {
  name: { offset: 0, length: 100 }, mode: { offset: 100, length: 8 }, uid: { offset: 108, length: 8 },
  gid: { offset: 116, length: 8 }, size: { offset: 124, length: 12 }, mtime: { offset: 136, length: 12 },
  checksum: { offset: 148, length: 8 }, typeFlag: { offset: 156, length: 1 }, linkName: { offset: 157, length: 100 },
  magic: { offset: 257, length: 8 }, deviceMajor: { offset: 329, length: 8 }, deviceMinor: { offset: 337, length: 8 },
  prefix: { offset: 345, length: 155 },
} as const satisfies Record<string, Field>;

const USTAR_MAGIC = "ustar\0";
/** Jörg Schilling's star marks its dialect at the end of the block; its prefix is shorter, for two times follow. */
const STAR_MAGIC = { offset: 508, text: "tar\0", prefixLength: 131 };

/** Whether the block is the mark of the archive's end: all zero. */
export function isZeroBlock(block: Buffer): boolean {
  return block.equals(ZERO_BLOCK);
}

const ZERO_BLOCK = Buffer.alloc(BLOCK_SIZE);

/**
 * Decodes a header block.
 *
 * @throws {ArchiveError} When the checksum is wrong or a number is none.
 */
export function parseHeader(block: Buffer): TarHeader {
  const stated = parseNumber(block, FIELDS.checksum);
  const actual = checksums(block);
  if (stated !== actual.unsigned && stated !== actual.signed) {
    throw new ArchiveError("Cannot read the archive: a header's checksum is wrong (it is damaged, or no tar)");
  }
  return {
    name: headerName(block),
    typeFlag: String.fromCharCode(block[FIELDS.typeFlag.offset]!),
    mode: parseNumber(block, FIELDS.mode),
    uid: parseNumber(block, FIELDS.uid),
    gid: parseNumber(block, FIELDS.gid),
    size: parseNumber(block, FIELDS.size),
    mtime: parseNumber(block, FIELDS.mtime),
    linkName: parseText(block, FIELDS.linkName),
  };
}

/** The sum of all bytes of a header block, with the checksum itself as spaces. Some old programs added them as signed characters. */
export function checksums(block: Buffer): { unsigned: number; signed: number } {
  const { offset, length } = FIELDS.checksum;
  let unsigned = 0x20 * length;
  let highBytes = 0;
  for (let i = 0; i < BLOCK_SIZE; i++) {
    if (i === offset) i += length;
    unsigned += block[i]!;
    if (block[i]! > 0x7f) highBytes++;
  }
  return { unsigned, signed: unsigned - 256 * highBytes };
}

function headerName(block: Buffer): string {
  const name = parseText(block, FIELDS.name);
  const { offset, length } = FIELDS.magic;
  if (!block.toString("latin1", offset, offset + length).startsWith(USTAR_MAGIC)) return name;
  const isStar = block.toString("latin1", STAR_MAGIC.offset) === STAR_MAGIC.text;
  const prefix = parseText(block, isStar ? { ...FIELDS.prefix, length: STAR_MAGIC.prefixLength } : FIELDS.prefix);
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Text up to the first NUL, or the whole field. */
function parseText(block: Buffer, { offset, length }: Field): string {
  const field = block.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return decodeName(end === -1 ? field : field.subarray(0, end));
}

/**
 * A number, octal or base-256.
 *
 * @throws {ArchiveError} When it is neither, or beyond 2^53.
 */
export function parseNumber(block: Buffer, { offset, length }: Field): number {
  const field = block.subarray(offset, offset + length);
  if (field[0]! & 0x80) return parseBase256(field);
  const digits = /^[ \0]*([0-7]*)(?:[ \0]|$)/.exec(field.toString("latin1"))?.[1];
  if (digits === undefined) {
    throw new ArchiveError(
      `Cannot read the archive: ${quote(field.toString("latin1"))} is no number (it is damaged, or no tar)`,
    );
  }
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

/** Big-endian two's complement; the field's highest bit is only the mark, the next one is the sign. */
function parseBase256(field: Buffer): number {
  const bits = 8 * field.length - 1;
  const value = BigInt.asIntN(bits, BigInt(`0x${field.toString("hex")}`));
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new ArchiveError(`Cannot read the archive: ${value} is beyond every size (it is damaged, or no tar)`);
  }
  return number;
}
