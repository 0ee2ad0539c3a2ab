/**
 * Packs a directory into a tar: a whole tree, or the writable branch of a union as an image layer.
 *
 *     directory ─▶ walk ─▶ entryOf ─▶ formatHeaders + content ─▶ chunks
 *
 * Equal trees give equal bytes: names are in a fixed order and only what belongs to the files is written, no access times, inode
 * numbers or user names. Sockets are left out, as they mean nothing without the process that listens. Files are written whole, holes
 * as zeros: where a file has its holes is the filesystem's affair, and not equal for equal files. `apply` makes holes of zeros again.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { AT_FDCWD, openDirectory } from "@eras/linux/open.ts";
import { quote } from "./archive-error.ts";
import type { Change } from "./diff.ts";
import { type Marks, marksOf, type Union } from "./marks.ts";
import { xattrNames } from "./metadata.ts";
import { baseOf, joinPath, parentOf } from "./safe-path.ts";
import { PLAIN_ENTRY, type TarEntry } from "./tar-entry.ts";
import { END_OF_ARCHIVE, formatHeaders, paddingOf } from "./tar-writer.ts";
import { type AtMounts, descriptorPath, openInLayer } from "./target.ts";
import { Turns } from "./turns.ts";
import { type WalkedFile, walk } from "./walk.ts";
import { entryOf, HardLinks, typeOf } from "./walked-entry.ts";
import { OPAQUE_MARKER, WHITEOUT_PREFIX } from "./whiteout.ts";

const CHUNK_BYTES = 64 * 1024;
const READ_BYTES = 256 * 1024;

/**
 * Packs a whole tree, such as the merged root of a container.
 *
 * @param at - Whether it goes on below mount points; otherwise one becomes an empty directory.
 * @returns Chunks of an uncompressed tar; the next one is made when it is asked for.
 * @throws {Error} (while reading) When a file becomes shorter while it is read.
 */
export function archiveTree(directory: string, at: AtMounts = {}): AsyncGenerator<Buffer> {
  return inChunks(treeParts(directory, at));
}

/**
 * Packs one file that is no directory.
 *
 * @param fd - Of the file, or of O_PATH; open until the last chunk.
 * @param name - In the archive.
 * @returns As `archiveTree`.
 */
export function archiveFile(fd: number, name: string): AsyncGenerator<Buffer> {
  return inChunks(fileParts({ path: name, fd, stats: fstatSync(fd, { bigint: true }) }, new HardLinks()));
}

/**
 * Packs a layer, or the writable branch of a union, with the union's marks as whiteouts: what `apply` takes.
 *
 * @returns As `archiveTree`.
 * @throws {Error} (while reading) When a file bears a whiteout's name, or the union keeps part of one in a lower layer.
 */
export function archiveLayer(upper: string, union: Union): AsyncGenerator<Buffer> {
  return inChunks(layerParts(upper, marksOf(union)));
}

/**
 * Packs what changed in a tree as a layer: what was added or changed as files, what was deleted as whiteouts; and with each the
 * directories that it is in, so that they need not be guessed where the layer is applied.
 *
 * @param directory - The tree after the changes, or the directory that holds what is new in it.
 * @param changes - In the order of a walk.
 * @returns As `archiveTree`.
 * @throws {Error} (while reading) When a file bears a whiteout's name.
 */
export function archiveChanges(directory: string, changes: readonly Change[]): AsyncGenerator<Buffer> {
  return inChunks(changeParts(directory, changes));
}

function* changeParts(directory: string, changes: readonly Change[]): Generator<Buffer> {
  const root = openDirectory(AT_FDCWD, directory, 0);
  const written: Written = { links: new HardLinks(), directories: new Set([""]) };
  try {
    for (const { kind, path } of changes) yield* oneChange(root, kind, path.slice(1), written);
  } finally {
    closeSync(root);
  }
}

/** What is in the archive already. */
interface Written {
  readonly links: HardLinks;
  readonly directories: Set<string>;
}

function* oneChange(root: number, kind: Change["kind"], path: string, written: Written): Generator<Buffer> {
  if (written.directories.has(path)) return; // it came with what is in it
  checkName(path);
  if (parentOf(path) !== "") yield* oneChange(root, "C", parentOf(path), written);
  if (kind === "D") return yield formatHeaders(whiteoutEntry(joinPath(parentOf(path), WHITEOUT_PREFIX + baseOf(path))));
  const fd = openInLayer(root, path);
  try {
    const file = { path, fd, stats: fstatSync(fd, { bigint: true }) };
    if (file.stats.isDirectory()) written.directories.add(path);
    yield* fileParts(file, written.links);
  } finally {
    closeSync(fd);
  }
}

function* treeParts(directory: string, at: AtMounts): Generator<Buffer> {
  const links = new HardLinks();
  for (const file of walk(directory, undefined, at)) yield* fileParts(file, links);
}

function* layerParts(upper: string, marks: Marks): Generator<Buffer> {
  const links = new HardLinks();
  for (const file of walk(upper, (name) => marks.isBookkeeping(name))) {
    const deleted = marks.deletedBy(file.path, file.stats);
    if (deleted !== undefined) {
      yield formatHeaders(whiteoutEntry(joinPath(parentOf(deleted), WHITEOUT_PREFIX + baseOf(deleted))));
      continue;
    }
    checkLayerFile(file, marks);
    yield* fileParts(file, links);
    const isOpaque = file.stats.isDirectory() && marks.isOpaque(file.fd);
    if (isOpaque) yield formatHeaders(whiteoutEntry(joinPath(file.path, OPAQUE_MARKER)));
  }
}

function checkLayerFile({ path, fd }: WalkedFile, marks: Marks): void {
  marks.checkFile(path, xattrNames(fd));
  checkName(path);
}

function checkName(path: string): void {
  if (!baseOf(path).startsWith(WHITEOUT_PREFIX)) return;
  throw new Error(`Cannot archive ${quote(path)}: names that start with ${WHITEOUT_PREFIX} are for whiteouts`);
}

const whiteoutEntry = (name: string): TarEntry => ({ ...PLAIN_ENTRY, name, mode: 0o600 });

function* fileParts(file: WalkedFile, links: HardLinks): Generator<Buffer> {
  const type = typeOf(file);
  if (type === undefined) return;
  const entry = entryOf(file, type, links.firstPathOf(file));
  yield formatHeaders(entry);
  if (entry.type !== "file") return;
  yield* contentParts(file, entry.size);
  yield Buffer.alloc(paddingOf(entry.size));
}

/** Exactly `size` bytes, as the header promised, even if the file grows meanwhile. */
function* contentParts({ path, fd }: WalkedFile, size: number): Generator<Buffer> {
  const contentFd = openSync(descriptorPath(fd), constants.O_RDONLY);
  try {
    for (let remaining = size; remaining > 0; ) {
      const part = Buffer.allocUnsafe(Math.min(remaining, READ_BYTES));
      const bytes = readSync(contentFd, part);
      if (bytes === 0) throw new Error(`Cannot archive ${quote(path)}: it became shorter while it was read`);
      yield part.subarray(0, bytes);
      remaining -= bytes;
    }
  } finally {
    closeSync(contentFd);
  }
}

/** Joins small parts, so that a tree of small files does not become a stream of small writes; and ends the archive. */
async function* inChunks(parts: Iterable<Buffer>): AsyncGenerator<Buffer> {
  const turns = new Turns();
  let pending: Buffer[] = [];
  let bytes = 0;
  for (const part of parts) {
    pending.push(part);
    bytes += part.length;
    if (bytes >= CHUNK_BYTES) {
      yield Buffer.concat(pending);
      pending = [];
      bytes = 0;
    }
    if (turns.over()) await turns.next();
  }
  yield Buffer.concat([...pending, END_OF_ARCHIVE]);
}
