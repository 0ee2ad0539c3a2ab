/**
 * Writes an ingest's data, and makes a blob of it.
 *
 * Safe against an end at any moment, the loss of power included, by the order of `commit`: the data is on the disk before it gets its
 * name among the blobs, and the name is on the disk before anybody is told. What broke off before stays an ingest. Data that was
 * written but not committed may be lost with the power; then a resumed ingest is shorter, or its digest wrong and it begins anew.
 */

import { existsSync, renameSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { type Digest, Digester } from "@eras/oci-spec/digest.ts";
import { AlreadyExists, FailedPrecondition, KindError } from "@eras/oci-spec/errdefs.ts";
import { type UnixNano, unixNano } from "../../proto/timestamps.ts";
import { step } from "../../step.ts";
import type { CommitOptions, ContentWriter, IngestStatus } from "./content-store.ts";
import { dataPath, touchIngest, writeError } from "./ingest.ts";

/** For reading what is there already. */
const RESUME_BUFFER_BYTES = 1 << 20;
/** A blob is for everybody to read and for nobody to write. */
const BLOB_MODE = 0o444;

/** What a writer works on. */
export interface Ingest {
  readonly dir: string;
  readonly status: IngestStatus;
  /** Where a blob goes. */
  readonly blobPath: (digest: Digest) => string;
  readonly unlock: () => void;
}

export class LocalWriter implements ContentWriter {
  readonly #ingest: Ingest;
  readonly #resumed: boolean;
  #file: FileHandle | undefined;
  #digester = new Digester();
  #offset = 0;
  #updatedAt: UnixNano;
  /** Why nothing more can be written: hash and file no longer agree. */
  #broken: unknown;

  private constructor(ingest: Ingest, file: FileHandle) {
    this.#ingest = ingest;
    this.#file = file;
    this.#resumed = ingest.status.offset > 0;
    this.#updatedAt = ingest.status.updatedAt;
  }

  /** Opens an ingest's data, makes it where there is none, and hashes what there is. */
  static async open(ingest: Ingest): Promise<LocalWriter> {
    const file = await open(dataPath(ingest.dir), ingest.status.offset > 0 ? "r+" : "w");
    const writer = new LocalWriter(ingest, file);
    try {
      await writer.#hashPresent(file);
    } catch (cause) {
      await file.close();
      throw cause;
    }
    return writer;
  }

  status(): IngestStatus {
    return { ...this.#ingest.status, offset: this.#offset, updatedAt: this.#updatedAt };
  }

  digest(): Digest {
    return this.#digester.digest();
  }

  async write(bytes: Uint8Array): Promise<void> {
    const file = this.#openFile("write to");
    const written = writeAll(file, bytes, this.#offset);
    this.#digester.update(bytes); // while the kernel copies them, in another thread
    try {
      await written;
    } catch (cause) {
      this.#broken = cause;
      throw writeError(this.#ingest.status.ref, cause);
    }
    this.#offset += bytes.length;
    this.#updatedAt = unixNano();
  }

  async truncate(): Promise<void> {
    await this.#openFile("truncate").truncate(0);
    this.#digester = new Digester();
    this.#offset = 0;
  }

  async commit({ size, expected }: CommitOptions): Promise<void> {
    const file = this.#openFile("commit");
    try {
      await file.datasync();
      await this.#compare(file, size, expected);
      await this.#becomeBlob(file);
    } catch (cause) {
      throw cause instanceof KindError ? cause : writeError(this.#ingest.status.ref, cause);
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    try {
      await file.close();
      // Gone when it was committed or aborted: then there is nothing to note.
      await touchIngest(this.#ingest.dir, this.#updatedAt).catch(ignoreMissing);
    } finally {
      this.#ingest.unlock();
    }
  }

  async #hashPresent(file: FileHandle): Promise<void> {
    const buffer = Buffer.allocUnsafe(Math.min(RESUME_BUFFER_BYTES, this.#ingest.status.offset));
    while (buffer.length > 0) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset);
      if (bytesRead === 0) return;
      this.#digester.update(buffer.subarray(0, bytesRead));
      this.#offset += bytesRead;
    }
  }

  async #compare(file: FileHandle, size: number | undefined, expected: Digest | undefined): Promise<void> {
    if (size !== undefined && size > 0 && size !== this.#offset)
      throw new FailedPrecondition(`unexpected commit size ${this.#offset}, expected ${size}`);
    const digest = this.digest();
    if (expected === undefined || expected === digest) return;
    // Bytes of an earlier process may have been lost with the power. Nobody can tell which, so the next one begins anew.
    if (this.#resumed) await file.truncate(0);
    throw new FailedPrecondition(`unexpected commit digest ${digest}, expected ${expected}`);
  }

  async #becomeBlob(file: FileHandle): Promise<void> {
    step("containerd.store-content", { digest: this.digest(), bytes: this.#offset });
    const { dir, blobPath } = this.#ingest;
    const target = blobPath(this.digest());
    await file.chmod(BLOB_MODE);
    // No await between the two: another writer of the same content would come in between.
    const exists = existsSync(target);
    if (!exists) renameSync(dataPath(dir), target);
    await syncDirectory(dirname(target));
    await rm(dir, { recursive: true, force: true });
    if (exists) throw new AlreadyExists(`content ${this.digest()}: already exists`);
  }

  #openFile(action: string): FileHandle {
    const { ref } = this.#ingest.status;
    if (this.#file === undefined) throw new FailedPrecondition(`cannot ${action} ingest ${ref}: its writer is closed`);
    if (this.#broken !== undefined)
      throw new FailedPrecondition(`cannot ${action} ingest ${ref}: an earlier write failed`, { cause: this.#broken });
    return this.#file;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Has the names in a directory last. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function ignoreMissing(error: unknown): undefined {
  if (!isErrno(error, "ENOENT")) throw error;
}
