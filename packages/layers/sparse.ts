/**
 * Sparse files: only the stretches between the holes are in the archive, with a map that says where each belongs.
 *
 * GNU tar had four ways to write the map; all occur in the wild:
 *
 *     old GNU   type "S"; four regions in the header block, 21 in each extension block that follows it
 *     PAX 0.0   records GNU.sparse.offset and GNU.sparse.numbytes in turns
 *     PAX 0.1   one record, GNU.sparse.map=offset,length,offset,length,…
 *     PAX 1.0   decimal lines at the start of the file's content: count, offset, length, offset, length, … padded to a block
 *
 * @see https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html
 */
import { ArchiveError, quote } from "./archive-error.ts";
import type { ByteSource } from "./byte-source.ts";
import type { ArchiveLimits } from "./limits.ts";
import { type PaxRecords, parseDecimal, SPARSE_MAP } from "./pax.ts";
import { BLOCK_SIZE, type Field, parseNumber } from "./tar-header.ts";

/** A stretch of data in a file. */
interface Region {
  readonly offset: number;
  readonly length: number;
}

/** Where a file's content lies. A file without holes has one region. */
export interface FileLayout {
  /** Of the file, holes included. */
  readonly size: number;
  readonly regions: readonly Region[];
  /** Bytes of content that follow in the archive, once the map is read. */
  readonly storedBytes: number;
}

const OLD_GNU = {
  regions: { offset: 386, count: 4 },
  isExtended: 482,
  realSize: { offset: 483, length: 12 },
  extension: { regions: { offset: 0, count: 21 }, isExtended: 504 },
} as const;
const OLD_GNU_NUMBER = 12;

/** The layout that an old GNU header, type "S", describes. Reads the extension blocks from `source`. */
export async function oldGnuLayout(
  header: Buffer,
  storedBytes: number,
  source: ByteSource,
  limits: ArchiveLimits,
): Promise<FileLayout> {
  const regions = oldGnuRegions(header, OLD_GNU.regions);
  let isExtended = header[OLD_GNU.isExtended] !== 0;
  while (isExtended) {
    const block = await source.read(BLOCK_SIZE);
    regions.push(...oldGnuRegions(block, OLD_GNU.extension.regions));
    checkCount(regions.length, limits);
    isExtended = block[OLD_GNU.extension.isExtended] !== 0;
  }
  return { size: parseNumber(header, OLD_GNU.realSize), regions, storedBytes };
}

function oldGnuRegions(block: Buffer, place: { offset: number; count: number }): Region[] {
  const regions: Region[] = [];
  for (let i = 0; i < place.count; i++) {
    const offset: Field = { offset: place.offset + 2 * i * OLD_GNU_NUMBER, length: OLD_GNU_NUMBER };
    const length: Field = { offset: offset.offset + OLD_GNU_NUMBER, length: OLD_GNU_NUMBER };
    if (block[offset.offset] === 0) break; // unused places are NUL; a used one has a digit even for 0
    regions.push({ offset: parseNumber(block, offset), length: parseNumber(block, length) });
  }
  return regions;
}

/** The layout that PAX records describe; `undefined` when they describe no sparse file. Version 1.0's map is read from `source`. */
export async function paxLayout(
  records: PaxRecords,
  storedBytes: number,
  source: ByteSource,
  limits: ArchiveLimits,
): Promise<FileLayout | undefined> {
  const size = records.get("GNU.sparse.realsize") ?? records.get("GNU.sparse.size");
  if (size === undefined) return undefined;
  const realSize = parseDecimal(size.toString("latin1"));
  const isVersion1 = records.get("GNU.sparse.major")?.toString("latin1") === "1";
  if (isVersion1) return await version1Layout(realSize, storedBytes, source, limits);
  const map = records.get(SPARSE_MAP)?.toString("latin1") ?? "";
  const numbers = map === "" ? [] : map.split(",").map(parseDecimal);
  checkCount(numbers.length / 2, limits);
  return { size: realSize, regions: pairs(numbers), storedBytes };
}

/** Reads the map block by block until it has all its lines: how long it is, only its first line tells. */
async function version1Layout(
  size: number,
  storedBytes: number,
  source: ByteSource,
  limits: ArchiveLimits,
): Promise<FileLayout> {
  let lines: string[] = [];
  let partial = "";
  let mapBytes = 0;
  for (let wanted = 1; lines.length < wanted; mapBytes += BLOCK_SIZE) {
    if (mapBytes >= storedBytes) throw new ArchiveError("Cannot read the archive: a sparse file ends within its map");
    const parts = (partial + (await source.read(BLOCK_SIZE)).toString("latin1")).split("\n");
    partial = parts.pop()!;
    if (partial.length > BLOCK_SIZE) throw new ArchiveError("Cannot read the archive: a sparse file's map is damaged");
    for (const line of parts) lines.push(line);
    if (lines.length === 0) continue;
    const count = parseDecimal(lines[0]!);
    checkCount(count, limits);
    wanted = 1 + 2 * count;
    lines = lines.slice(0, wanted); // what follows is padding
  }
  return { size, regions: pairs(lines.slice(1).map(parseDecimal)), storedBytes: storedBytes - mapBytes };
}

function pairs(numbers: readonly number[]): Region[] {
  if (numbers.length % 2 !== 0)
    throw new ArchiveError("Cannot read the archive: a sparse file's map has an odd number");
  return Array.from({ length: numbers.length / 2 }, (_, i) => ({
    offset: numbers[2 * i]!,
    length: numbers[2 * i + 1]!,
  }));
}

function checkCount(count: number, limits: ArchiveLimits): void {
  if (count > limits.sparseRegions) {
    throw new ArchiveError(`Cannot read the archive: a sparse file has more than ${limits.sparseRegions} regions`);
  }
}

/**
 * Holds that regions follow each other within the file and that the archive has content for exactly them.
 *
 * @throws {ArchiveError} When not.
 */
export function checkLayout(name: string, { size, regions, storedBytes }: FileLayout): void {
  let end = 0;
  let bytes = 0;
  for (const region of regions) {
    if (region.offset < end || region.length < 0)
      throw new ArchiveError(`Cannot read ${quote(name)}: regions of its sparse map overlap`);
    end = region.offset + region.length;
    bytes += region.length;
  }
  if (end > size || size < 0) throw new ArchiveError(`Cannot read ${quote(name)}: its sparse map goes beyond its size`);
  if (bytes !== storedBytes)
    throw new ArchiveError(`Cannot read ${quote(name)}: its sparse map and its content disagree`);
}
