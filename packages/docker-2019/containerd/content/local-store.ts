/**
 * A content store in a directory.
 *
 *     ROOT/
 *     ├─ blobs/sha256/HEX   what is named sha256:HEX, mode 0444
 *     ├─ ingest/HASH/       what is being written: see ingest.ts
 *     └─ removed/           what is being deleted: large files take their time, and meanwhile they are in nobody's way
 *
 * It knows no namespaces and no labels; those are records of the metadata (metadata/content.ts), which shares one such store among all
 * namespaces. It computes sha256 only, whatever algorithm a client's digest has: as containerd's own.
 *
 * @see https://github.com/containerd/containerd/blob/v1.2.6/content/local/store.go
 */
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { type Digest, digestAlgorithm, digestEncoded, isDigest, parseDigest } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { parseFilters } from "../filters.ts";
import { quote } from "../identifiers.ts";
import {
  type ContentInfo,
  type ContentReader,
  type ContentStore,
  type ContentWriter,
  fieldOfContent,
  fieldOfStatus,
  type IngestStatus,
  type WriterOptions,
} from "./content-store.ts";
import { createIngest, ingestName, readIngest, refOfIngest } from "./ingest.ts";
import { LocalReader } from "./local-reader.ts";
import { RefLocks } from "./ref-locks.ts";
import { LocalWriter } from "./writer.ts";

/** What a sweep must leave alone. Asked at the very moment before a removal. */
export interface Kept {
  readonly blob: (digest: Digest) => boolean;
  readonly ingest: (ref: string) => boolean;
}

export class LocalStore implements ContentStore {
  readonly #root: string;
  readonly #locks = new RefLocks();
  #removals = 0;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Opens a store, makes it where there is none, and clears away what a crash has left: removals cut short, ingests half-made. */
  static async open(root: string): Promise<LocalStore> {
    await rm(join(root, "removed"), { recursive: true, force: true });
    for (const dir of ["blobs/sha256", "ingest", "removed"])
      mkdirSync(join(root, dir), { recursive: true, mode: 0o755 });
    await removeNameless(join(root, "ingest"));
    return new LocalStore(root);
  }

  async info(digest: Digest): Promise<ContentInfo> {
    const { size, ctimeNs } = await stat(this.#blobPath(digest), { bigint: true }).catch(notFound(digest));
    return { digest, size: Number(size), labels: {}, createdAt: ctimeNs, updatedAt: ctimeNs }; // when it got its name
  }

  /** The size of a blob, without an await; undefined when it isn't there. */
  sizeSync(digest: Digest): number | undefined {
    return statSync(this.#blobPath(digest), { throwIfNoEntry: false })?.size;
  }

  async *walk(filters: readonly string[] = []): AsyncGenerator<ContentInfo> {
    const matches = parseFilters(filters);
    for (const digest of await this.#digests()) {
      const info = await this.info(digest).catch(undefinedIfGone);
      if (info !== undefined && matches(fieldOfContent(info))) yield info;
    }
  }

  async delete(digest: Digest): Promise<void> {
    const path = this.#blobPath(digest);
    if (!existsSync(path)) throw new NotFound(`content ${digest}: not found`);
    await this.#remove(path);
  }

  async status(ref: string): Promise<IngestStatus> {
    return readIngest(this.#ingestDir(ref), ref);
  }

  async listStatuses(filters: readonly string[] = []): Promise<IngestStatus[]> {
    const matches = parseFilters(filters);
    const statuses = await Promise.all((await this.#refs()).map((ref) => this.status(ref).catch(undefinedIfGone)));
    return statuses.filter((status) => status !== undefined).filter((status) => matches(fieldOfStatus(status)));
  }

  async abort(ref: string): Promise<void> {
    const dir = this.#ingestDir(ref);
    if (!existsSync(dir)) throw new NotFound(`ingest ref ${quote(ref)}: not found`);
    await this.#remove(dir);
  }

  async writer(options: WriterOptions): Promise<ContentWriter> {
    if (options.ref === "") throw new InvalidArgument("ref must not be empty");
    const unlock = await this.#locks.acquire(options.ref);
    try {
      return await this.#lockedWriter(options, unlock);
    } catch (cause) {
      unlock();
      throw cause;
    }
  }

  async reader(digest: Digest): Promise<ContentReader> {
    return LocalReader.open(this.#blobPath(digest)).catch(notFound(digest));
  }

  /** Removes all that isn't kept. An ingest that is open for writing is. @returns The digests and refs of what is gone. */
  async sweep(kept: Kept): Promise<{ digests: Digest[]; refs: string[] }> {
    const gone = { digests: [] as Digest[], refs: [] as string[] };
    for (const digest of await this.#digests()) {
      if (kept.blob(digest) || !existsSync(this.#blobPath(digest))) continue;
      await this.#remove(this.#blobPath(digest));
      gone.digests.push(digest);
    }
    for (const ref of await this.#refs()) {
      if (kept.ingest(ref) || this.#locks.has(ref) || !existsSync(this.#ingestDir(ref))) continue;
      await this.#remove(this.#ingestDir(ref));
      gone.refs.push(ref);
    }
    return gone;
  }

  async #lockedWriter(options: WriterOptions, unlock: () => void): Promise<ContentWriter> {
    const { ref, expected } = options;
    if (expected !== undefined && this.sizeSync(expected) !== undefined)
      throw new AlreadyExists(`content ${expected}: already exists`);
    const dir = this.#ingestDir(ref);
    const status = (await this.#resumable(options)) ?? (await createIngest(dir, options));
    return LocalWriter.open({ dir, status, blobPath: (digest) => this.#blobPath(digest), unlock });
  }

  /** An ingest that was begun; not one of which another size was said. */
  async #resumable({ ref, size }: WriterOptions): Promise<IngestStatus | undefined> {
    const status = await this.status(ref).catch(undefinedIfGone);
    return status === undefined || (size && status.total && size !== status.total) ? undefined : status;
  }

  /** Takes a file or a directory out of sight before this returns to whoever called; the promise is for the rest. */
  #remove(path: string): Promise<void> {
    const removed = join(this.#root, "removed", `${++this.#removals}`);
    renameSync(path, removed);
    return rm(removed, { recursive: true, force: true });
  }

  async #digests(): Promise<Digest[]> {
    const names = await readdir(join(this.#root, "blobs", "sha256"));
    return names
      .sort()
      .map((name): Digest => `sha256:${name}`)
      .filter(isDigest);
  }

  async #refs(): Promise<string[]> {
    const names = await readdir(join(this.#root, "ingest"));
    const refs = await Promise.all(names.map((name) => refOfIngest(join(this.#root, "ingest", name))));
    return refs.filter((ref) => ref !== undefined);
  }

  /** @throws {InvalidArgument} What is no digest must not become a path. */
  #blobPath(digest: Digest): string {
    parseDigest(digest);
    return join(this.#root, "blobs", digestAlgorithm(digest), digestEncoded(digest));
  }

  #ingestDir(ref: string): string {
    return join(this.#root, "ingest", ingestName(ref));
  }
}

/** Without its ref an ingest can be neither gone on with nor aborted. */
async function removeNameless(ingests: string): Promise<void> {
  for (const name of await readdir(ingests)) {
    const dir = join(ingests, name);
    const ref = await refOfIngest(dir);
    if (ref === undefined || ingestName(ref) !== name) await rm(dir, { recursive: true, force: true });
  }
}

function notFound(digest: Digest): (error: unknown) => never {
  return (cause) => {
    throw isErrno(cause, "ENOENT") ? new NotFound(`content ${digest}: not found`, { cause }) : cause;
  };
}

/** For what was listed and is gone since. */
function undefinedIfGone(error: unknown): undefined {
  if (!(error instanceof NotFound)) throw error;
}
