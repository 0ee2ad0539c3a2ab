/**
 * A database file, as the metadata and each snapshotter have one: LMDB, opened so that what is reported as done is on the disk, and with
 * room for removals on a full one.
 *
 * LMDB never overwrites a page that is in use: to remove something, too, it writes new pages first. So on a full disk nothing could be
 * removed that would make room. Therefore a reserve of blocks lies behind the end of the file, for it to grow into.
 *
 * @see http://www.lmdb.tech/doc/
 */
import { closeSync, openSync, statSync } from "node:fs";
import { errnoName } from "@eras/linux/errno.ts";
import { reserveBlocks } from "@eras/linux/fallocate.ts";
import { strerror } from "@eras/linux/strerror.ts";
import { ResourceExhausted, Unavailable } from "@eras/oci-spec/errdefs.ts";
import { open, type RootDatabase } from "lmdb";

/** Large pages make for long keys: at most 3900 bytes and what their encoding adds. */
const PAGE_BYTES = 8192;
const RESERVE_BYTES = 1 << 20;

export class DatabaseFile {
  /** For reading, and for opening tables. */
  readonly environment: RootDatabase;
  readonly #path: string;
  /** Up to where blocks are set aside. */
  #reservedTo = 0;

  /**
   * Opens the file, or makes it.
   *
   * @param tables - How many tables there may be in it.
   * @throws {Unavailable} When it can't be opened.
   */
  constructor(path: string, tables: number) {
    this.#path = path;
    try {
      // Without overlapping, a commit is on the disk when it returns.
      this.environment = open({ path, noSubdir: true, maxDbs: tables, pageSize: PAGE_BYTES, overlappingSync: false });
    } catch (cause) {
      throw new Unavailable(`Cannot open ${path}: ${(cause as Error).message}`, { cause });
    }
    this.#reserve();
  }

  /**
   * Changes the tables, all at once or, when `change` throws or the disk fails, not at all. `change` must not await.
   *
   * @returns What `change` returns, once it is on the disk.
   * @throws {ResourceExhausted} When the disk is full; {Unavailable} when it can't be written.
   */
  change<Result>(change: () => Result): Result {
    try {
      return this.environment.transactionSync(change);
    } catch (cause) {
      throw this.#meant(cause);
    } finally {
      this.#reserve();
    }
  }

  close(): Promise<void> {
    return this.environment.close();
  }

  /** The system's error numbers are LMDB's positive codes. */
  #meant(cause: unknown): unknown {
    const { code } = cause as { readonly code?: unknown };
    if (typeof code !== "number" || code <= 0) return cause;
    const name = errnoName(code);
    const message = `Cannot write ${this.#path}: ${name}: ${strerror(code)}`;
    return new (name === "ENOSPC" || name === "EDQUOT" ? ResourceExhausted : Unavailable)(message, { cause });
  }

  /** Sets blocks aside anew when half of the reserve is used up. */
  #reserve(): void {
    try {
      const { size } = statSync(this.#path);
      if (this.#reservedTo - size >= RESERVE_BYTES / 2) return;
      const fd = openSync(this.#path, "r+");
      try {
        reserveBlocks(fd, size, RESERVE_BYTES);
      } finally {
        closeSync(fd);
      }
      this.#reservedTo = size + RESERVE_BYTES;
    } catch {
      // The disk is full, or can't do that: then it goes without, until the next change.
    }
  }
}
