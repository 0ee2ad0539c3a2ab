/** Reads a blob's file. */
import { type FileHandle, open } from "node:fs/promises";
import type { ContentReader } from "./content-store.ts";

export class LocalReader implements ContentReader {
  readonly #file: FileHandle;
  readonly size: number;
  #closed = false;

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  /** @throws {NodeJS.ErrnoException} ENOENT */
  static async open(path: string): Promise<LocalReader> {
    const file = await open(path, "r");
    return new LocalReader(file, (await file.stat()).size);
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    const bytes = Buffer.allocUnsafe(wanted);
    let filled = 0;
    while (filled < wanted) {
      const { bytesRead } = await this.#file.read(bytes, filled, wanted - filled, offset + filled);
      if (bytesRead === 0) break; // the file got shorter: somebody has tampered with it
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file.close();
  }
}
