/**
 * What a container changed: the writable branch of its union (overlayfs: the upper directory) against the layers below.
 *
 * Two views are compared, the merged one before (the lower layers alone) and after (with the upper directory on top):
 *
 *     only after    A    added
 *     only before   D    deleted; what was in a deleted directory is not listed again
 *     in both       C    changed: type, mode, owner, device, time, attributes, a link's target, or a file's bytes
 *
 * The union copies a file up when it is opened for writing, and with it the directories on the way. What was only copied up is equal
 * in all that and no change; the copy keeps the time, so contents are read only in that case.
 *
 * @see https://docs.kernel.org/filesystems/overlayfs.html
 */
import { type BigIntStats, constants, fstatSync, openSync, readSync } from "node:fs";
import { readlinkat } from "@eras/linux/open.ts";
import { compareNames } from "./file-name.ts";
import { LowerLayers, type MergedFile } from "./lower-layers.ts";
import { type Marks, marksOf, type Union } from "./marks.ts";
import { xattrNames, xattrsOfFile } from "./metadata.ts";
import { namesIn } from "./remove-tree.ts";
import { joinPath, parentOf } from "./safe-path.ts";
import { descriptorPath, openInLayer, withDescriptor } from "./target.ts";
import { Turns } from "./turns.ts";
import { type WalkedFile, walk } from "./walk.ts";

const PIECE_BYTES = 64 * 1024;

/** One line of `docker diff`. */
export interface Change {
  readonly kind: "A" | "C" | "D";
  /** Absolute, as the container sees it. */
  readonly path: string;
}

/**
 * Lists the changes, in the order of a walk through the tree.
 *
 * @param upper - The writable branch; the container may be running.
 * @param lowers - The layers below, topmost first.
 * @param union - What mounts them, which decides how deletions are marked.
 * @throws {Error} When the overlay was mounted with redirect_dir or metacopy and made use of it.
 */
export async function changes(upper: string, lowers: readonly string[], union: Union): Promise<Change[]> {
  const marks = marksOf(union);
  const below: Below = { marks, layers: new LowerLayers(lowers, marks), directories: new Map() };
  const turns = new Turns();
  const found: Change[] = [];
  try {
    for (const file of walk(upper, (name) => marks.isBookkeeping(name))) {
      found.push(...changesAt(file, below));
      if (turns.over()) await turns.next();
    }
  } finally {
    below.layers.close();
  }
  return found.sort((a, b) => compareNames(walkOrder(a.path), walkOrder(b.path)));
}

/** What is in a directory comes right after it, before names that merely begin like it. */
export function walkOrder(path: string): string {
  return path.replaceAll("/", "\0");
}

/** What the writable branch is compared with. */
interface Below {
  readonly marks: Marks;
  readonly layers: LowerLayers;
  /** What lies below the directories that were visited. */
  readonly directories: Map<string, MergedFile>;
}

/** Adds a directory to `directories`. */
function* changesAt(file: WalkedFile, { marks, layers, directories }: Below): Generator<Change> {
  const { path, fd, stats } = file;
  const find = (name: string) => layers.find(name, directories.get(parentOf(name))!);
  const deleted = marks.deletedBy(path, stats);
  if (deleted !== undefined) {
    if (find(deleted).layer !== undefined) yield { kind: "D", path: `/${deleted}` };
    return;
  }
  marks.checkFile(path, xattrNames(fd));
  const before = path === "" ? layers.root() : find(path);
  if (path !== "") yield* changeOf(file, before.layer);
  if (!stats.isDirectory()) return;
  directories.set(path, before);
  if (marks.isOpaque(fd)) yield* hiddenNames(file, layers, before);
}

function* changeOf(file: WalkedFile, layer: number | undefined): Generator<Change> {
  if (layer === undefined) yield { kind: "A", path: `/${file.path}` };
  else if (!isUnchanged(file, layer)) yield { kind: "C", path: `/${file.path}` };
}

/** An opaque directory deletes all it has no namesake for. */
function* hiddenNames({ path, fd }: WalkedFile, layers: LowerLayers, before: MergedFile): Generator<Change> {
  const after = new Set(namesIn(fd));
  for (const name of layers.names(path, before)) {
    if (!after.has(name)) yield { kind: "D", path: `/${joinPath(path, name)}` };
  }
}

function isUnchanged(upper: WalkedFile, layer: number): boolean {
  return withDescriptor(openInLayer(layer, upper.path), (fd) => {
    const lower = { fd, stats: fstatSync(fd, { bigint: true }) };
    return isSameMetadata(upper, lower) && isSameContent(upper, lower);
  });
}

/** A file, open as a place at least. */
export interface OpenFile {
  readonly fd: number;
  readonly stats: BigIntStats;
}

/** A directory's size says how many names it ever held, not what it holds. */
function isSameMetadata(upper: OpenFile, lower: OpenFile): boolean {
  const fields = ["mode", "uid", "gid", "rdev", "mtimeNs"] as const;
  if (fields.some((field) => upper.stats[field] !== lower.stats[field])) return false;
  return isSameMap(xattrsOfFile(upper.fd), xattrsOfFile(lower.fd));
}

/** Whether two sets of attributes are equal. */
export function isSameMap(a: ReadonlyMap<string, Buffer>, b: ReadonlyMap<string, Buffer>): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name)?.equals(value));
}

/** Whether two files have the same bytes, or two links the same target; what has neither is the same. */
export function isSameContent(upper: OpenFile, lower: OpenFile): boolean {
  if (upper.stats.isSymbolicLink()) return readlinkat(upper.fd, "").equals(readlinkat(lower.fd, ""));
  if (!upper.stats.isFile()) return true;
  if (upper.stats.size !== lower.stats.size) return false;
  return withDescriptor(openContent(upper.fd), (a) => withDescriptor(openContent(lower.fd), (b) => isSameBytes(a, b)));
}

function openContent(fd: number): number {
  return openSync(descriptorPath(fd), constants.O_RDONLY);
}

/** Files on a disk are read in full pieces, except at their end. */
function isSameBytes(a: number, b: number): boolean {
  const [one, other] = [Buffer.allocUnsafe(PIECE_BYTES), Buffer.allocUnsafe(PIECE_BYTES)];
  for (;;) {
    const [bytes, otherBytes] = [readSync(a, one), readSync(b, other)];
    if (!one.subarray(0, bytes).equals(other.subarray(0, otherBytes))) return false;
    if (bytes === 0) return true;
  }
}
