/**
 * PAX extended headers: what does not fit the header block, as text records before the entry they belong to.
 *
 *     30 mtime=1358969700.123456789\n        the length counts the whole record, its own digits and the newline too
 *     20 SCHILY.xattr.user.x=…\n             so that a value may be any bytes
 *
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_03
 */
import { ArchiveError } from "./archive-error.ts";
import { decodeName, encodeName } from "./file-name.ts";

/** Records by key. Within one header a later record replaces an earlier one. */
export type PaxRecords = ReadonlyMap<string, Buffer>;

/** The record in which sparse files of version 0.1 have their map; 0.0's repeated records are gathered into it. */
export const SPARSE_MAP = "GNU.sparse.map";

const NS_DIGITS = 9;
const NS_PER_SECOND = 10n ** BigInt(NS_DIGITS);

/**
 * Decodes an extended header.
 *
 * @throws {ArchiveError} When a record's length does not lead to its end.
 */
export function parsePax(content: Buffer): PaxRecords {
  const records = new Map<string, Buffer>();
  const sparseNumbers: string[] = [];
  for (let start = 0; start < content.length; ) {
    const { key, value, end } = parseRecord(content, start);
    if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes") sparseNumbers.push(value.toString("latin1"));
    else records.set(key, value);
    start = end;
  }
  if (sparseNumbers.length > 0) records.set(SPARSE_MAP, Buffer.from(sparseNumbers.join(",")));
  return records;
}

function parseRecord(content: Buffer, start: number): { key: string; value: Buffer; end: number } {
  const space = content.indexOf(" ", start);
  const equals = content.indexOf("=", space);
  const length = content.toString("latin1", start, Math.max(space, start));
  const end = start + Number(length);
  const isWhole = /^\d{1,9}$/.test(length) && equals > space + 1 && equals < end && content[end - 1] === 0x0a;
  if (!isWhole) throw new ArchiveError("Cannot read the archive: a PAX record is damaged");
  return {
    key: decodeName(content.subarray(space + 1, equals)),
    value: content.subarray(equals + 1, end - 1),
    end,
  };
}

/** Encodes an extended header, in the map's order. */
export function formatPax(records: PaxRecords): Buffer {
  return Buffer.concat(Array.from(records, ([key, value]) => formatRecord(encodeName(key), value)));
}

function formatRecord(key: Buffer, value: Buffer): Buffer {
  const rest = key.length + value.length + 3; // space, equals sign, newline
  let length = rest + String(rest).length;
  if (length !== rest + String(length).length) length++; // the length's own digits made it one digit longer
  return Buffer.concat([Buffer.from(`${length} `), key, Buffer.from("="), value, Buffer.from("\n")]);
}

/**
 * Seconds with a fraction, as nanoseconds.
 *
 * @throws {ArchiveError} When it is no number.
 */
export function parseTime(value: Buffer): bigint {
  const text = value.toString("latin1");
  const match = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(text);
  if (match === null)
    throw new ArchiveError(`Cannot read the archive: ${JSON.stringify(text.slice(0, 40))} is not a time`);
  const [, sign, seconds, fraction = ""] = match;
  const ns = BigInt(seconds!) * NS_PER_SECOND + BigInt(fraction.slice(0, NS_DIGITS).padEnd(NS_DIGITS, "0"));
  return sign === "-" ? -ns : ns;
}

/** The shortest exact text for a time. */
export function formatTime(ns: bigint): Buffer {
  const size = ns < 0n ? -ns : ns;
  const fraction = String(size % NS_PER_SECOND)
    .padStart(NS_DIGITS, "0")
    .replace(/0+$/, "");
  return Buffer.from(`${ns < 0n ? "-" : ""}${size / NS_PER_SECOND}${fraction === "" ? "" : `.${fraction}`}`);
}

/**
 * A whole number from 0 to 2^53.
 *
 * @throws {ArchiveError} When it is none.
 */
export function parseDecimal(text: string): number {
  const number = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(number)) {
    throw new ArchiveError(`Cannot read the archive: ${JSON.stringify(text.slice(0, 40))} is not a size or number`);
  }
  return number;
}
