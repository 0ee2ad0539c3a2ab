/**
 * Blobs on their way from a registry to the disk. All pulls of a dockerd share three slots; two that want the same blob share its download.
 *
 *     TEMPORARY/GetImageBlob-c6a0a5…     as far as it has come; a pull that was cut off leaves it for the next one
 */
import { closeSync, createReadStream, existsSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestEncoded, Verifier } from "@eras/oci-spec/digest.ts";
import { Cancelled, FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import type { Descriptor } from "@eras/oci-spec/image/descriptor.ts";
import { readBlob } from "@eras/registry-client/blobs.ts";
import type { Repository } from "@eras/registry-client/client.ts";
import { Slots } from "@eras/registry-client/slots.ts";

/** Docker's --max-concurrent-downloads. */
const DEFAULT_CONCURRENCY = 3;

/** Told how a download goes. */
export interface DownloadListener {
  /** There is no slot for it yet. */
  onWaiting(): void;
  /** @param offset - Bytes there, of the descriptor's size. */
  onProgress(offset: number): void;
  /** All is there, and its digest is about to be checked. */
  onVerifying(): void;
}

export class Downloads {
  readonly #directory: string;
  #slots: Slots;
  readonly #underWay = new Map<Digest, Download>();

  /** @param directory - For blobs that are being fetched. */
  constructor(directory: string, concurrency = DEFAULT_CONCURRENCY) {
    this.#directory = directory;
    this.#slots = new Slots(concurrency);
  }

  /** From now on so many at a time; 0 for any number. What is under way already does not count. */
  allow(concurrency: number): void {
    this.#slots = new Slots(concurrency || Number.POSITIVE_INFINITY);
  }

  /** Begins to fetch a blob, or joins in. Whoever calls this calls `leave` in the end. */
  join(repository: Repository, descriptor: Descriptor, listener: DownloadListener): Download {
    const known = this.#underWay.get(descriptor.digest);
    if (known !== undefined) {
      known.add(listener);
      return known;
    }
    const path = join(this.#directory, `GetImageBlob-${digestEncoded(descriptor.digest)}`);
    const made = new Download(repository, descriptor, path);
    made.add(listener);
    this.#underWay.set(descriptor.digest, made);
    made.start(this.#slots);
    return made;
  }

  /** @param isDone - The blob is of no more use. Otherwise what has come of it is kept. */
  leave(download: Download, listener: DownloadListener, isDone: boolean): void {
    download.remove(listener);
    if (download.isWanted) return;
    const { digest } = download.descriptor;
    if (this.#underWay.get(digest) === download) this.#underWay.delete(digest);
    if (isDone) download.delete();
  }
}

/** One blob. */
export class Download {
  readonly descriptor: Descriptor;
  readonly #repository: Repository;
  readonly #path: string;
  readonly #listeners = new Set<DownloadListener>();
  #done: Promise<void> = Promise.resolve();
  #isWaiting = false;

  constructor(repository: Repository, descriptor: Descriptor, path: string) {
    this.#repository = repository;
    this.descriptor = descriptor;
    this.#path = path;
  }

  add(listener: DownloadListener): void {
    this.#listeners.add(listener);
    if (this.#isWaiting) listener.onWaiting();
  }

  remove(listener: DownloadListener): void {
    this.#listeners.delete(listener);
  }

  get isWanted(): boolean {
    return this.#listeners.size > 0;
  }

  start(slots: Slots): void {
    this.#isWaiting = true;
    this.#done = slots.run(() => {
      this.#isWaiting = false;
      return this.#fetch();
    });
    this.#done.catch(() => {}); // heard of in `blob`, by whoever still wants it
    if (this.#isWaiting) for (const listener of this.#listeners) listener.onWaiting();
  }

  /**
   * The blob's bytes, when all are there.
   *
   * @throws {FailedPrecondition} `filesystem layer verification failed for digest sha256:…`; as the registry fails.
   */
  async blob(): Promise<AsyncIterable<Uint8Array>> {
    await this.#done;
    return createReadStream(this.#path, { highWaterMark: READ_BYTES });
  }

  delete(): void {
    rmSync(this.#path, { force: true });
  }

  /** What an earlier time has left may be what is wrong: then all is fetched anew. */
  async #fetch(): Promise<void> {
    const offset = existsSync(this.#path) ? statSync(this.#path).size : 0;
    try {
      await this.#fetchRest(offset);
    } catch (error) {
      if (!(error instanceof FailedPrecondition)) throw error;
      this.delete();
      if (offset === 0) throw verificationFailed(this.descriptor, error);
      await this.#fetch();
    }
  }

  async #fetchRest(offset: number): Promise<void> {
    const verifier = new Verifier(this.descriptor);
    if (offset > 0) for await (const piece of createReadStream(this.#path)) verifier.update(piece);
    const fd = openSync(this.#path, "a", FILE_MODE);
    try {
      let position = offset;
      for await (const piece of readBlob(this.#repository, this.descriptor, offset)) {
        if (!this.isWanted) throw new Cancelled(`Cannot fetch ${this.descriptor.digest}: nobody wants it any more`);
        verifier.update(piece);
        writeAll(fd, piece);
        position += piece.length;
        for (const listener of this.#listeners) listener.onProgress(position);
      }
    } finally {
      closeSync(fd);
    }
    for (const listener of this.#listeners) listener.onVerifying();
    verifier.finish();
  }
}

const READ_BYTES = 1 << 20;
const FILE_MODE = 0o600;

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}

function verificationFailed({ digest }: Descriptor, cause: Error): FailedPrecondition {
  return new FailedPrecondition(`filesystem layer verification failed for digest ${digest}`, { cause });
}
