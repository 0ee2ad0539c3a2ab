/**
 * A database file, as the metadata and each snapshotter have one: LMDB, opened so that what is reported as done is on the disk, and with
 * room for removals on a full one.
 *
 * LMDB never overwrites a page that is in use: to remove something, too, it writes new pages first. So on a full disk nothing could be
 * removed that would make room. Therefore a reserve of blocks lies behind the end of the file, for it to grow into.
 *
 * And a write had better not fail: the message about it overruns a buffer of the binding (lmdb 3.5.6, `last_error` in mdb.c), which ends
 * the process, at that moment or later. So each change is preceded by a look whether the disk takes it.
 *
 * @see http://www.lmdb.tech/doc/
 */
import { closeSync, fstatSync, futimesSync, openSync } from "node:fs";
import { ErrnoError, errnoName, isErrno } from "@eras/linux/errno.ts";
import { reserveBlocks } from "@eras/linux/fallocate.ts";
import { strerror } from "@eras/linux/strerror.ts";
import { ResourceExhausted, Unavailable } from "@eras/oci-spec/errdefs.ts";
import { open, type RootDatabase } from "lmdb";

/** Large pages make for long keys: at most 3900 bytes and what their encoding adds. */
const PAGE_BYTES = 8192;
/** Set aside anew when half of it is used up; with less than the least, nothing is changed any more. */
const RESERVE_BYTES = { most: 1 << 20, least: 1 << 17 };

export class DatabaseFile {
  /** For reading, and for opening tables. */
  readonly environment: RootDatabase;
  readonly #path: string;
  readonly #fd: number;
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
    this.#fd = openSync(path, "r+");
    try {
      this.#reserve();
    } catch {
      // Without room it can still be read.
    }
  }

  /**
   * Changes the tables, all at once or, when `change` throws or the disk fails, not at all. `change` must not await.
   *
   * @returns What `change` returns, once it is on the disk.
   * @throws {ResourceExhausted} When the disk is full; {Unavailable} when it can't be written.
   */
  change<Result>(change: () => Result): Result {
    try {
      const now = new Date();
      futimesSync(this.#fd, now, now); // a disk that has become read-only refuses that, too
      this.#reserve();
      return this.environment.transactionSync(change);
    } catch (cause) {
      throw this.#meant(cause);
    }
  }

  async close(): Promise<void> {
    await this.environment.close();
    closeSync(this.#fd);
  }

  /** @throws {ErrnoError} ENOSPC when less than the least is to be had. */
  #reserve(): void {
    const { size } = fstatSync(this.#fd);
    if (this.#reservedTo - size >= RESERVE_BYTES.most / 2) return;
    for (let bytes = RESERVE_BYTES.most; ; bytes /= 2) {
      try {
        reserveBlocks(this.#fd, size, bytes);
        this.#reservedTo = size + bytes;
        return;
      } catch (error) {
        if (isErrno(error, "ENOTSUP", "EOPNOTSUPP")) this.#reservedTo = Infinity; // not on this file system
        if (this.#reservedTo - size >= RESERVE_BYTES.least) return;
        if (bytes <= RESERVE_BYTES.least) throw error;
      }
    }
  }

  /** What a failure of the system means, which Node, our own calls and LMDB tell each in their own way. */
  #meant(cause: unknown): unknown {
    const errno = errnoOf(cause);
    if (errno === undefined) return cause;
    const name = errnoName(errno);
    const message = `Cannot write ${this.#path}: ${name}: ${strerror(errno)}`;
    return new (name === "ENOSPC" || name === "EDQUOT" ? ResourceExhausted : Unavailable)(message, { cause });
  }
}

/** The system's number of an error, if it is one: LMDB's own are negative. */
function errnoOf(cause: unknown): number | undefined {
  if (cause instanceof ErrnoError) return cause.errno;
  const { code, errno, syscall } = cause as { code?: unknown; errno?: number; syscall?: string };
  if (syscall !== undefined && errno !== undefined) return -errno;
  return typeof code === "number" && code > 0 ? code : undefined;
}
