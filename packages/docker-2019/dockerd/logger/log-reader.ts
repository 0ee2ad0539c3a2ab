/**
 * Reads the log of a container, in pieces, however long it is: what is there, from the oldest file on, and then what comes, also when the log is
 * begun anew.
 *
 *     …-json.log.2   …-json.log.1   …-json.log ◀── grows
 */
import { randomUUID } from "node:crypto";
import { existsSync, type FSWatcher, watch } from "node:fs";
import { type FileHandle, open, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { isErrno } from "@eras/linux/errno.ts";
import type { LogEntry } from "./json-file.ts";
import { compressed, rotated } from "./log-file.ts";

/** Has room for the longest entry: of 16 KiB, each byte of which may be six in JSON. */
const PIECE_BYTES = 256 << 10;
const LINE_FEED = 10;
/** Enough of the end of a file to tell it from any other. */
const END_BYTES = 256;

export class LogReader {
  readonly #path: string;
  readonly #piece = Buffer.allocUnsafe(PIECE_BYTES);
  #file: FileHandle | undefined;
  /** Of what has not been read yet. */
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** What is there. @param tail - How many of the last entries; undefined for all. */
  async *past(tail: number | undefined): AsyncGenerator<LogEntry[]> {
    yield* this.#through(await beginnings(this.#path, { tail }));
  }

  /** What has come since the last call, of this or of `past`. */
  async *more(): AsyncGenerator<LogEntry[]> {
    yield* this.#toEnd();
    while (await this.#isBegunAnew()) {
      yield* this.#toEnd(); // written just before
      yield* this.#through(await this.#newer());
    }
  }

  async *#through(places: Beginning[]): AsyncGenerator<LogEntry[]> {
    try {
      for (let place = places.shift(); place; place = places.shift()) {
        await this.#begin(place.file, place.offset);
        yield* this.#toEnd();
      }
    } finally {
      for (const { file } of places) await file.close(); // nobody wants to know it any more
    }
  }

  /** The files that have been begun since this one was: several, of a log that grows fast. */
  async #newer(): Promise<Beginning[]> {
    const own = await identityOf(this.#file!);
    const isOwn = async (file: FileHandle) => {
      const { ino, end } = await identityOf(file);
      return ino === own.ino || end === own.end;
    };
    return beginnings(this.#path, { isOwn });
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #begin(file: FileHandle, offset: number): Promise<void> {
    await this.close();
    this.#file = file;
    this.#offset = offset;
  }

  async *#toEnd(): AsyncGenerator<LogEntry[]> {
    while (this.#file) {
      const { bytesRead } = await this.#file.read(this.#piece, 0, PIECE_BYTES, this.#offset);
      const end = this.#piece.subarray(0, bytesRead).lastIndexOf(LINE_FEED) + 1;
      if (end === 0) return;
      this.#offset += end;
      yield parseLines(this.#piece.toString("utf8", 0, end));
    }
  }

  async #isBegunAnew(): Promise<boolean> {
    if (!this.#file || !existsSync(this.#path)) return false;
    return (await stat(this.#path)).ino !== (await this.#file.stat()).ino;
  }
}

/** A file that is to be read, and from where on. */
interface Beginning {
  readonly file: FileHandle;
  readonly offset: number;
}

interface Wanted {
  /** How many of the last entries; all if undefined. */
  readonly tail?: number | undefined;
  /** Tells the file behind which to begin. */
  readonly isOwn?: (file: FileHandle) => Promise<boolean>;
}

/** The files with what is wanted, oldest first, open: whatever is renamed from now on. */
async function beginnings(path: string, { tail = Number.POSITIVE_INFINITY, isOwn }: Wanted): Promise<Beginning[]> {
  const places: Beginning[] = [];
  const seen = new Set<number>();
  let wanted = tail;
  for (let number = 0; number === 0 || wanted > 0; number++) {
    const file = (await openIfThere(rotated(path, number))) ?? (await unpacked(path, number));
    if (!file) break;
    const { ino } = await file.stat();
    if (seen.has(ino)) {
      await file.close(); // it was the one before, and has been renamed just now
      continue;
    }
    seen.add(ino);
    if (await isOwn?.(file)) {
      await file.close();
      break;
    }
    const { offset, lines } = wanted === Number.POSITIVE_INFINITY ? WHOLE : await lastLines(file, wanted);
    places.unshift({ file, offset });
    wanted -= lines;
  }
  return places;
}

/** By the second, a file that has been compressed meanwhile is known again: each entry has its time. */
async function identityOf(file: FileHandle): Promise<{ ino: number; end: string }> {
  const { ino, size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(END_BYTES), 0, END_BYTES, Math.max(0, size - END_BYTES));
  return { ino, end: `${size} ${buffer.toString("latin1", 0, bytesRead)}` };
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** A compressed one, in a file without a name. */
async function unpacked(path: string, number: number): Promise<FileHandle | undefined> {
  const packed = await openIfThere(compressed(path, number));
  if (!packed) return undefined;
  const plain = `${path}.${randomUUID()}`;
  const file = await open(plain, "wx+", 0o600);
  await unlink(plain);
  await pipeline(packed.createReadStream(), createGunzip(), async (pieces: AsyncIterable<Buffer>) => {
    for await (const piece of pieces) await file.writeFile(piece);
  });
  return file;
}

const WHOLE = { offset: 0, lines: 0 };

/** Where the last lines of a file begin, and how many there are of those that are wanted. Goes backwards from the end. */
async function lastLines(file: FileHandle, wanted: number): Promise<{ offset: number; lines: number }> {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let ends = 0;
  for (let end = (await file.stat()).size; end > 0; ) {
    const begin = Math.max(0, end - PIECE_BYTES);
    await file.read(piece, 0, end - begin, begin);
    for (const at of lineFeedsBackwards(piece.subarray(0, end - begin)))
      if (ends++ === wanted) return { offset: begin + at + 1, lines: wanted };
    end = begin;
  }
  return { offset: 0, lines: ends };
}

function* lineFeedsBackwards(bytes: Buffer): Generator<number> {
  for (let at = bytes.length; at > 0; ) {
    at = bytes.lastIndexOf(LINE_FEED, at - 1);
    if (at >= 0) yield at;
  }
}

/** A line that was cut off by a crash is left out. */
function parseLines(text: string): LogEntry[] {
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as LogEntry];
    } catch {
      return [];
    }
  });
}

/** Tells that a log has changed. Nothing is missed that happens after it was made. */
export class LogWatch {
  readonly #watcher: FSWatcher;
  #change = Promise.withResolvers<void>();

  /** @param path - Of the log; the directory is watched, for the log may be begun anew. */
  constructor(path: string) {
    this.#watcher = watch(dirname(path), () => this.wake());
    this.#watcher.on("error", () => this.wake()); // the container is removed
  }

  /** As if something had happened. */
  wake(): void {
    this.#change.resolve();
  }

  /** Resolves when something has happened since the last call. */
  async next(): Promise<void> {
    await this.#change.promise;
    this.#change = Promise.withResolvers();
  }

  close(): void {
    this.#watcher.close();
  }
}
