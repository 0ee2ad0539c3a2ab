/**
 * What an entry's headers say together.
 *
 * A fact may be stated up to four times, and the later invention wins: PAX record of the entry, PAX record for the whole archive, GNU
 * long name or link, field of the header block.
 */
import { ArchiveError, quote } from "./archive-error.ts";
import { decodeName } from "./file-name.ts";
import { type PaxRecords, parseDecimal, parseTime } from "./pax.ts";
import type { EntryType, TarEntry } from "./tar-entry.ts";
import { FIELDS, parseNumber, type TarHeader } from "./tar-header.ts";
import { xattrsOf } from "./xattr-records.ts";

/** An entry's headers. */
export interface EntryHeaders {
  /** The header block as it is: some of its fields depend on the type. */
  readonly block: Buffer;
  readonly header: TarHeader;
  readonly records: PaxRecords;
  readonly longName?: string;
  readonly longLink?: string;
}

// biome-ignore format: a table
const ENTRY_TYPES: Record<string, EntryType> = {
  "\0": "file", "0": "file", "7": "file", S: "file", "1": "link", "2": "symlink", "3": "character-device",
  "4": "block-device", "5": "directory", D: "directory", "6": "fifo",
};

/** A list of names that GNU's incremental backups keep with a directory. */
const GNU_DUMP_DIRECTORY = "D";
/** uid_t has 32 bits, and its highest value means "leave as it is" to chown(2). */
const MAX_ID = 0xffff_fffe;
const NS_PER_SECOND = 1_000_000_000n;

/**
 * Decodes all of an entry but its size, which for a sparse file is known only later.
 *
 * @throws {ArchiveError} When the type is unknown or a number is none.
 */
export function decodeEntry(headers: EntryHeaders): Omit<TarEntry, "size"> {
  const { header, records } = headers;
  const name = entryName(headers);
  const type = entryType(name, header);
  return {
    name,
    type,
    mode: header.mode & 0o7777,
    uid: checkId(name, numberRecord(records, "uid") ?? header.uid),
    gid: checkId(name, numberRecord(records, "gid") ?? header.gid),
    mtimeNs: timeRecord(records, "mtime") ?? BigInt(header.mtime) * NS_PER_SECOND,
    linkName: type === "link" || type === "symlink" ? linkName(headers) : "",
    ...deviceNumbers(type, headers),
    xattrs: xattrsOf(records),
  };
}

/** Bytes that follow the headers. Only files have content; what other types state as their size means something else. */
export function storedBytes({ header, records }: EntryHeaders, type: EntryType): number {
  if (header.typeFlag === GNU_DUMP_DIRECTORY) return header.size;
  return type === "file" ? (numberRecord(records, "size") ?? header.size) : 0;
}

/** An entry's own records replace the archive's; an empty value takes a record away. */
export function mergeRecords(globals: PaxRecords, own: PaxRecords): PaxRecords {
  if (globals.size === 0) return own;
  const records = new Map([...globals, ...own]);
  for (const [key, value] of records) if (value.length === 0 && !key.includes(".xattr.")) records.delete(key);
  return records;
}

function entryName({ header, records, longName }: EntryHeaders): string {
  return textRecord(records, "GNU.sparse.name") ?? textRecord(records, "path") ?? longName ?? header.name;
}

function linkName({ header, records, longLink }: EntryHeaders): string {
  return textRecord(records, "linkpath") ?? longLink ?? header.linkName;
}

/** Before ustar, a directory was a file whose name ends with a slash. */
function entryType(name: string, { typeFlag }: TarHeader): EntryType {
  const type = ENTRY_TYPES[typeFlag];
  if (type === undefined) {
    throw new ArchiveError(`Cannot read ${quote(name)}: entries of type ${quote(typeFlag)} are not supported`);
  }
  return (typeFlag === "0" || typeFlag === "\0") && name.endsWith("/") ? "directory" : type;
}

function deviceNumbers(
  type: EntryType,
  { block, records }: EntryHeaders,
): Pick<TarEntry, "deviceMajor" | "deviceMinor"> {
  if (type !== "character-device" && type !== "block-device") return { deviceMajor: 0, deviceMinor: 0 };
  return {
    deviceMajor: numberRecord(records, "SCHILY.devmajor") ?? parseNumber(block, FIELDS.deviceMajor),
    deviceMinor: numberRecord(records, "SCHILY.devminor") ?? parseNumber(block, FIELDS.deviceMinor),
  };
}

function checkId(name: string, id: number): number {
  if (id < 0 || id > MAX_ID) throw new ArchiveError(`Cannot read ${quote(name)}: there is no user or group ${id}`);
  return id;
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
