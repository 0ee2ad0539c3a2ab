/**
 * Reads the log of a container, in pieces, however long it is: what is there, from the oldest file on, and then what comes, also when the log is
 * begun anew.
 *
 *     …-json.log.2   …-json.log.1   …-json.log ◀── grows
 */
import { existsSync, type FSWatcher, watch } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import type { LogEntry } from "./json-file.ts";
import { rotated } from "./log-file.ts";

/** Has room for the longest entry: of 16 KiB, each byte of which may be six in JSON. */
const PIECE_BYTES = 256 << 10;
const LINE_FEED = 10;

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
    yield* this.#through(await beginnings(this.#path, tail));
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
    const places = await beginnings(this.#path);
    const { ino } = await this.#file!.stat();
    const newer = places.splice(places.findIndex((place) => place.ino === ino) + 1); // all, when this one has been removed
    for (const { file } of places) await file.close();
    return newer;
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
  readonly ino: number;
  readonly offset: number;
}

/** The files with what is wanted, oldest first, open: whatever is renamed from now on. */
async function beginnings(path: string, tail = Number.POSITIVE_INFINITY): Promise<Beginning[]> {
  const places: Beginning[] = [];
  const seen = new Set<number>();
  let wanted = tail;
  for (let number = 0; number === 0 || wanted > 0; number++) {
    const file = await openIfThere(rotated(path, number));
    if (!file) break;
    const { ino } = await file.stat();
    if (seen.has(ino)) {
      await file.close(); // it was the one before, and has been renamed just now
      continue;
    }
    seen.add(ino);
    const { offset, lines } = wanted === Number.POSITIVE_INFINITY ? WHOLE : await lastLines(file, wanted);
    places.unshift({ file, ino, offset });
    wanted -= lines;
  }
  return places;
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
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
