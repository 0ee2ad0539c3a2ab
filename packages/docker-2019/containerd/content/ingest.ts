/**
 * An ingest on the disk: a directory, named by the hash of its ref, because a ref may be as long and as odd as a client likes.
 *
 *     ingest/HASH/
 *     ├─ ref         the ref itself
 *     ├─ startedat   times as text
 *     ├─ updatedat   when a writer was last closed; while it is open, data's own time is newer
 *     ├─ total       bytes that there shall be, if somebody said
 *     ├─ expected    the digest, if somebody said
 *     └─ data        what there is
 *
 * `data` is made last: without it there is no ingest, only what a crash has left of the making of one.
 */

import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { digestEncoded, isDigest, sha256 } from "@eras/oci-spec/digest.ts";
import { NotFound, ResourceExhausted } from "@eras/oci-spec/errdefs.ts";
import { type UnixNano, unixNano } from "../../proto/timestamps.ts";
import { quote } from "../identifiers.ts";
import type { IngestStatus, WriterOptions } from "./content-store.ts";

/** The directory of a ref's ingest, below `ingest/`. */
export function ingestName(ref: string): string {
  return digestEncoded(sha256(ref));
}

export function dataPath(dir: string): string {
  return join(dir, "data");
}

/**
 * Makes the directory of a new ingest, all but its data. What a crash has left there goes.
 *
 * @param dir - Of this ref.
 * @throws As `writeError` says; nothing is left then.
 */
export async function createIngest(dir: string, options: WriterOptions): Promise<IngestStatus> {
  await rm(dir, { recursive: true, force: true });
  try {
    return await makeIngest(dir, options);
  } catch (cause) {
    await rm(dir, { recursive: true, force: true });
    throw writeError(options.ref, cause);
  }
}

/** What a failure to write means. @returns ResourceExhausted when the disk is full, NotFound when somebody has taken the ingest away. */
export function writeError(ref: string, cause: unknown): Error {
  const message = `Cannot write ingest ${ref}: ${(cause as Error).message}`;
  if (isErrno(cause, "ENOSPC", "EDQUOT")) return new ResourceExhausted(message, { cause });
  if (isErrno(cause, "ENOENT")) return new NotFound(`ingest ref ${ref} was aborted: not found`, { cause });
  return new Error(message, { cause });
}

async function makeIngest(dir: string, { ref, size = 0, expected }: WriterOptions): Promise<IngestStatus> {
  await mkdir(dir, { recursive: true });
  const now = unixNano();
  const time = textOf(now);
  const facts = {
    ref,
    startedat: time,
    updatedat: time,
    ...(size > 0 && { total: `${size}` }),
    ...(expected && { expected }),
  };
  await Promise.all(Object.entries(facts).map(([name, text]) => writeFile(join(dir, name), text)));
  return { ref, offset: 0, total: size, ...(expected && { expected }), startedAt: now, updatedAt: now };
}

/** To be called when a writer stops. */
export async function touchIngest(dir: string, updatedAt: UnixNano): Promise<void> {
  await writeFile(join(dir, "updatedat"), textOf(updatedAt));
}

/** The ref of an ingest by its directory; undefined when it is none. */
export async function refOfIngest(dir: string): Promise<string | undefined> {
  return readFact(dir, "ref");
}

/** @throws {NotFound} When there is no ingest in this directory. */
export async function readIngest(dir: string, ref: string): Promise<IngestStatus> {
  const [data, storedRef, startedAt, updatedAt, total, expected] = await Promise.all([
    stat(dataPath(dir), { bigint: true }).catch(undefinedIfMissing),
    ...(["ref", "startedat", "updatedat", "total", "expected"] as const).map((name) => readFact(dir, name)),
  ]);
  if (data === undefined || storedRef !== ref) throw new NotFound(`ingest ref ${quote(ref)}: not found`);
  const closedAt = timeOf(updatedAt) ?? data.mtimeNs;
  const isWritten = data.mtimeNs > closedAt;
  return {
    ref,
    offset: Number(data.size),
    total: Number.parseInt(total ?? "", 10) || 0,
    ...(expected !== undefined && isDigest(expected) && { expected }),
    startedAt: timeOf(startedAt) ?? data.birthtimeNs,
    updatedAt: isWritten ? data.mtimeNs : closedAt,
  };
}

async function readFact(dir: string, name: string): Promise<string | undefined> {
  return readFile(join(dir, name), "utf8").catch(undefinedIfMissing);
}

function undefinedIfMissing(error: unknown): undefined {
  if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
}

/** A crash may have left a file empty. */
function timeOf(text = ""): UnixNano | undefined {
  return Number.isNaN(Date.parse(text)) ? undefined : Temporal.Instant.from(text).epochNanoseconds;
}

/** RFC 3339, to the nanosecond. */
function textOf(time: UnixNano): string {
  return Temporal.Instant.fromEpochNanoseconds(time).toString();
}
