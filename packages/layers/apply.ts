/**
 * Unpacks an image layer, or any tar, into a directory: whatever the archive says, nothing outside the directory changes.
 *
 *     archive ─▶ decompress ─▶ readTar ─▶ for each entry: safePath ─▶ layerName ─┬─▶ made-files.ts  the file
 *                                                                               └─▶ hiding.ts      what is below is gone
 *     at the end: aufs's book-keeping goes, directories get their metadata
 *
 * A failure leaves the directory half-made: the caller removes it with `removeTree`.
 */
import { ArchiveError, quote } from "./archive-error.ts";
import { decompress } from "./decompress.ts";
import { DeletingHider, type Hider, MarkingHider } from "./hiding.ts";
import { type ArchiveLimits, DEFAULT_LIMITS } from "./limits.ts";
import { LowerLayers } from "./lower-layers.ts";
import { MadeFiles } from "./made-files.ts";
import { marksOf, type Union } from "./marks.ts";
import { removeAt } from "./remove-tree.ts";
import { baseOf, checkText, parentOf, safePath } from "./safe-path.ts";
import { readTar, type TarMember } from "./tar-reader.ts";
import { Target } from "./target.ts";
import { Turns } from "./turns.ts";
import { layerName } from "./whiteout.ts";

/** How an archive is applied. */
export interface ApplyOptions {
  /**
   * What a whiteout does: "delete" removes what the directory holds under that name, as when layers are stacked into one tree;
   * a union leaves that union's mark, as when the directory will be one of its layers.
   */
  readonly whiteouts: "delete" | Union;
  /**
   * The layers below, topmost first, where the directory is one of a union's. A directory that the archive goes through without saying
   * anything about it then looks as it does there, and not as if it were new.
   */
  readonly below?: readonly string[];
  readonly limits?: Partial<ArchiveLimits>;
  /** Whether an entry is wanted, by its path without a slash at either end; all are otherwise. @throws {Error} Ends it. */
  readonly wants?: (path: string) => boolean;
  /** Whether what is mounted in the directory is a part of it; otherwise an archive that leads there is refused. */
  readonly entersMounts?: boolean;
}

/** What is under way while one archive is applied. */
interface Unpacking {
  readonly target: Target;
  readonly made: MadeFiles;
  readonly hider: Hider;
  readonly limits: ArchiveLimits;
  readonly wants: (path: string) => boolean;
  /** Paths of aufs's own files, which other entries may be hard links to: removed at the end. */
  readonly bookkeeping: Set<string>;
}

/**
 * Unpacks a tar, plain or compressed with gzip or zstd, into a directory that exists.
 *
 * Reads the stream to its end, so that a caller who hashes it on the way sees every byte. After a failure the rest is not read and
 * the stream's iterator is told so (`return`), which destroys a Node stream unless it was made with `destroyOnReturn: false`.
 *
 * @throws {ArchiveError} When the archive is damaged, truncated, hostile or beyond the limits.
 * @throws {Error} When the kernel refuses an entry, with the `ErrnoError` as its cause: a full disk, a missing privilege.
 */
export async function apply(
  archive: AsyncIterable<Uint8Array>,
  directory: string,
  options: ApplyOptions,
): Promise<void> {
  await applyTar(decompress(archive), directory, options);
}

/** `apply` of a tar that is not compressed, or no longer. */
export async function applyTar(
  tar: AsyncIterable<Uint8Array>,
  directory: string,
  options: ApplyOptions,
): Promise<void> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const target = new Target(directory, options);
  const below = openBelow(options);
  const made = new MadeFiles(target, limits, below);
  const hider = newHider(options.whiteouts, target, made);
  const unpacking: Unpacking = {
    target,
    made,
    hider,
    limits,
    wants: options.wants ?? (() => true),
    bookkeeping: new Set(),
  };
  try {
    await applyMembers(readTar(tar, limits), unpacking);
    await removeBookkeeping(unpacking);
    await made.finish();
  } finally {
    below?.close();
    target.close();
  }
}

function openBelow({ whiteouts, below = [] }: ApplyOptions): LowerLayers | undefined {
  return whiteouts === "delete" || below.length === 0 ? undefined : new LowerLayers(below, marksOf(whiteouts));
}

function newHider(whiteouts: "delete" | Union, target: Target, made: MadeFiles): Hider {
  return whiteouts === "delete" ? new DeletingHider(target, made) : new MarkingHider(target, made, marksOf(whiteouts));
}

async function applyMembers(members: AsyncIterable<TarMember>, unpacking: Unpacking): Promise<void> {
  const turns = new Turns();
  for await (const member of members) {
    try {
      await applyMember(member, unpacking);
    } catch (error) {
      throw error instanceof ArchiveError ? error : unpackError(member.entry.name, error);
    }
    if (turns.over()) await turns.next();
  }
}

function unpackError(name: string, cause: unknown): Error {
  return new Error(`Cannot unpack ${quote(name)}: ${cause instanceof Error ? cause.message : cause}`, { cause });
}

async function applyMember(member: TarMember, { made, hider, limits, wants, bookkeeping }: Unpacking): Promise<void> {
  const path = safePath(member.entry.name, limits);
  if (!wants(path)) return;
  if (member.entry.type === "symlink") checkText(member.entry.linkName, limits);
  const named = layerName(path);
  if (named.kind === "whiteout") return await hider.whiteout(named.path);
  if (named.kind === "opaque") return await hider.opaque(named.path);
  if (named.kind === "bookkeeping") bookkeeping.add(named.path);
  await made.make(path, member);
}

async function removeBookkeeping({ target, bookkeeping }: Unpacking): Promise<void> {
  for (const path of bookkeeping) {
    const parentFd = target.find(parentOf(path));
    if (parentFd !== undefined) await removeAt(parentFd, baseOf(path));
    target.forget();
  }
}
