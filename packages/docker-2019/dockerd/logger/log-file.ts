/**
 * The files of a log: the current one, and older ones beside it. Each has whole lines and nothing else, also when the disk is full.
 *
 *     …-json.log.2 ◀── …-json.log.1 ◀── …-json.log ◀── grows
 *
 * Older ones may be compressed, and are called `….1.gz` then. While that goes on, the current one grows beyond its size.
 */
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { log } from "../log.ts";

const MODE = 0o640;
const LINE_FEED = 10;

export interface RotationOptions {
  /** Bytes; without, a log grows for ever. */
  readonly maxSize: number | undefined;
  /** How many files there are at most, the current one among them. */
  readonly maxFile: number;
  readonly compress?: boolean;
}

const COMPRESSED = ".gz";

export class LogFile {
  readonly path: string;
  readonly #rotation: RotationOptions;
  #fd: number;
  #size: number;
  #isCompressing = false;

  /** Goes on with a file that is there. */
  constructor(path: string, rotation: RotationOptions) {
    this.path = path;
    this.#rotation = rotation;
    this.#fd = openSync(path, "a", MODE);
    this.#size = fstatSync(this.#fd).size;
  }

  /** @param lines - Each with its line feed. @throws {Error} When the disk doesn't take all of them: those behind the first that it doesn't are lost. */
  append(lines: string): void {
    const bytes = Buffer.from(lines);
    for (let begin = 0, end = 0; begin < bytes.length; begin = end) {
      if (this.#size >= this.#mostBytes()) this.#rotate();
      end = this.#endOfFile(bytes, begin);
      this.#write(bytes.subarray(begin, end));
    }
  }

  /** How large this file becomes; as large as it likes while the one before is being compressed. */
  #mostBytes(): number {
    return this.#isCompressing ? Number.POSITIVE_INFINITY : (this.#rotation.maxSize ?? Number.POSITIVE_INFINITY);
  }

  /** Where the lines end that this file still takes: behind the one that makes it as large as it may be. */
  #endOfFile(bytes: Buffer, begin: number): number {
    const room = this.#mostBytes() - this.#size;
    const last = room > bytes.length ? -1 : bytes.indexOf(LINE_FEED, begin + room - 1);
    return last === -1 ? bytes.length : last + 1;
  }

  #write(bytes: Buffer): void {
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
    } finally {
      const whole = written === bytes.length ? written : bytes.subarray(0, written).lastIndexOf(LINE_FEED) + 1;
      this.#size += whole;
      if (whole < written) ftruncateSync(this.#fd, this.#size);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** What fails leaves the current file in use. */
  #rotate(): void {
    const { maxFile, compress } = this.#rotation;
    if (maxFile === 1) rmSync(this.path, { force: true });
    for (let number = maxFile - 1; number > 0; number--) this.#shift(number);
    const fd = openSync(this.path, "a", MODE);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#size = 0;
    if (compress) void this.#compress(rotated(this.path, 1));
  }

  /** The file before it takes a number's place. */
  #shift(number: number): void {
    for (const suffix of ["", COMPRESSED]) {
      if (number > 1) rmSync(rotated(this.path, number) + suffix, { force: true });
      if (number > 1 || suffix === "")
        renameIfThere(rotated(this.path, number - 1) + suffix, rotated(this.path, number) + suffix);
    }
  }

  /** What fails leaves the file as it is. */
  async #compress(path: string): Promise<void> {
    this.#isCompressing = true;
    const unfinished = `${path}${COMPRESSED}.tmp`;
    try {
      await pipeline(createReadStream(path), createGzip(), createWriteStream(unfinished, { mode: MODE }));
      renameSync(unfinished, path + COMPRESSED);
      rmSync(path);
    } catch (error) {
      rmSync(unfinished, { force: true });
      log("error", `Cannot compress ${path}: ${(error as Error).message}`);
    }
    this.#isCompressing = false;
  }
}

/** The name of an older log that is compressed. */
export function compressed(path: string, number: number): string {
  return rotated(path, number) + COMPRESSED;
}

/** The name of an older log: `x-json.log.1`; of the current one, for 0. */
export function rotated(path: string, number: number): string {
  return number === 0 ? path : `${path}.${number}`;
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
