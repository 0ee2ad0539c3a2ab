/**
 * Writes entries as POSIX tar: a ustar header, and PAX records for what does not fit it.
 *
 * Equal entries give equal bytes. Nothing comes from the clock, the locale or the names of users; every field that is not in the
 * entry has a fixed value.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06
 */
import { encodeName } from "./file-name.ts";
import { formatPax, formatTime } from "./pax.ts";
import { PLAIN_ENTRY, type TarEntry } from "./tar-entry.ts";
import { BLOCK_SIZE, checksums, FIELDS, type Field, TYPE_FLAGS } from "./tar-header.ts";
import { xattrRecords } from "./xattr-records.ts";

/** ustar's magic with its version. */
const MAGIC = "ustar\u000000";
const PAX_NAME = "PaxHeaders/";
const NS_PER_SECOND = 1_000_000_000n;

/** The two zero blocks after the last entry. */
export const END_OF_ARCHIVE = Buffer.alloc(2 * BLOCK_SIZE);

/** An entry's headers. Its content follows, `size` bytes, then `paddingOf(size)` zeros. */
export function formatHeaders(entry: TarEntry): Buffer {
  const records = paxRecords(entry);
  const header = formatHeader(entry, TYPE_FLAGS[entry.type]);
  if (records.size === 0) return header;
  const content = formatPax(records);
  const paxHeader = formatHeader({ ...PLAIN_ENTRY, name: paxName(entry.name), size: content.length }, "x");
  return Buffer.concat([paxHeader, content, Buffer.alloc(paddingOf(content.length)), header]);
}

/** Zeros after a content of `size` bytes. */
export function paddingOf(size: number): number {
  return (BLOCK_SIZE - (size % BLOCK_SIZE)) % BLOCK_SIZE;
}

/** Seen only by programs that do not know PAX: they unpack the records as a file of this name. */
function paxName(name: string): string {
  return PAX_NAME + (name.replace(/\/$/, "").split("/").at(-1) ?? "");
}

function paxRecords(entry: TarEntry): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  const name = encodeName(entry.name);
  const linkName = encodeName(entry.linkName);
  if (name.length > FIELDS.name.length) records.set("path", name);
  if (linkName.length > FIELDS.linkName.length) records.set("linkpath", linkName);
  if (!fitsOctal(entry.size, FIELDS.size)) records.set("size", Buffer.from(String(entry.size)));
  if (!fitsOctal(entry.uid, FIELDS.uid)) records.set("uid", Buffer.from(String(entry.uid)));
  if (!fitsOctal(entry.gid, FIELDS.gid)) records.set("gid", Buffer.from(String(entry.gid)));
  if (entry.mtimeNs % NS_PER_SECOND !== 0n || !fitsOctal(seconds(entry), FIELDS.mtime)) {
    records.set("mtime", formatTime(entry.mtimeNs));
  }
  for (const [key, value] of xattrRecords(entry.xattrs)) records.set(key, value);
  return records;
}

/** Rounded down, as time_t is. */
function seconds({ mtimeNs }: TarEntry): number {
  const whole = mtimeNs / NS_PER_SECOND;
  return Number(mtimeNs < 0n && mtimeNs % NS_PER_SECOND !== 0n ? whole - 1n : whole);
}

/** Whether the number leaves room for the NUL at the field's end. */
function fitsOctal(value: number, { length }: Field): boolean {
  return value >= 0 && value < 8 ** (length - 1);
}

function formatHeader(entry: TarEntry, typeFlag: string): Buffer {
  const block = Buffer.alloc(BLOCK_SIZE);
  writeBytes(block, FIELDS.name, encodeName(entry.name));
  writeOctal(block, FIELDS.mode, entry.mode);
  writeOctal(block, FIELDS.uid, entry.uid);
  writeOctal(block, FIELDS.gid, entry.gid);
  writeOctal(block, FIELDS.size, entry.size);
  writeOctal(block, FIELDS.mtime, seconds(entry));
  writeBytes(block, FIELDS.typeFlag, Buffer.from(typeFlag));
  writeBytes(block, FIELDS.linkName, encodeName(entry.linkName));
  writeBytes(block, FIELDS.magic, Buffer.from(MAGIC));
  writeOctal(block, FIELDS.deviceMajor, entry.deviceMajor);
  writeOctal(block, FIELDS.deviceMinor, entry.deviceMinor);
  writeChecksum(block);
  return block;
}

/** Cuts what is too long: a PAX record has it whole. */
function writeBytes(block: Buffer, { offset, length }: Field, bytes: Buffer): void {
  bytes.copy(block, offset, 0, length);
}

/** A number that does not fit is 0 here: a PAX record has it. */
function writeOctal(block: Buffer, field: Field, value: number): void {
  const digits = (fitsOctal(value, field) ? value : 0).toString(8).padStart(field.length - 1, "0");
  block.write(digits, field.offset, "latin1");
}

/** Six digits, NUL, space: the form that the first tar wrote. */
function writeChecksum(block: Buffer): void {
  const digits = checksums(block).unsigned.toString(8).padStart(6, "0");
  block.write(`${digits}\0 `, FIELDS.checksum.offset, "latin1");
}
