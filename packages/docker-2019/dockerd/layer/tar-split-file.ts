/**
 * A layer's tar-split.json.gz: written while the layer's tar goes by, read when the tar is wanted again.
 *
 *     tar ─▶ splitTar ─▶ the same tar ─▶ files            tar-split.json.gz + files ─▶ assembleTar ─▶ the same tar
 *               └──▶ tar-split.json.gz
 */
import { closeSync, constants, createReadStream, createWriteStream, readSync } from "node:fs";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream";
import { finished } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { decodeName, systemName } from "@eras/layers/file-name.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { AT_FDCWD, openat2, openDirectory, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from "@eras/linux/open.ts";
import { DataLoss } from "@eras/oci-spec/errdefs.ts";
import { Crc64 } from "./crc64.ts";
import { FILE, type TarSplitEntry, TarSplitter } from "./tar-split.ts";

const READ_BYTES = 256 * 1024;

/**
 * Passes a tar on, and writes what is needed to have it again.
 *
 * @param path - Of the file; complete when the tar's end has been read.
 * @throws {ArchiveError} When it is no tar; {InvalidArgument} `duplicates of file paths not supported`.
 */
export async function* splitTar(tar: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  const splitter = new TarSplitter();
  const gzip = createGzip();
  const file = createWriteStream(path, { flush: true });
  pipeline(gzip, file, () => {}); // a failure destroys both, and is heard of below
  const written = finished(file);
  written.catch(() => {});
  try {
    for await (const piece of tar) {
      const lines = splitter.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
      if (!gzip.write(lines)) await Promise.race([new Promise((resolve) => gzip.once("drain", resolve)), written]);
      yield piece;
    }
    gzip.end(splitter.end());
    await written;
  } finally {
    gzip.destroy();
    if (!file.closed) await new Promise((resolve) => file.once("close", resolve)); // it may be about to be made
  }
}

/**
 * Gives a layer's tar again.
 *
 * @param path - Of the layer's tar-split.json.gz.
 * @param directory - That has the files that the layer brought.
 * @throws {DataLoss} (while reading) When a file is not as it was.
 */
export async function* assembleTar(path: string, directory: string): AsyncGenerator<Buffer> {
  const root = openDirectory(AT_FDCWD, directory, 0);
  try {
    for await (const line of linesOf(path)) {
      const entry = JSON.parse(line) as TarSplitEntry; // we have written it, or Docker has
      if (entry.type === FILE) yield* contentOf(entry, root);
      else if (entry.payload) yield Buffer.from(entry.payload, "base64");
    }
  } finally {
    closeSync(root);
  }
}

/** How long the tar is that `assembleTar` gives. @param path - Of the layer's tar-split.json.gz. */
export async function assembledBytes(path: string): Promise<number> {
  let bytes = 0;
  for await (const line of linesOf(path)) {
    const { type, size = 0, payload } = JSON.parse(line) as TarSplitEntry; // as above
    bytes += type === FILE ? size : Buffer.byteLength(payload ?? "", "base64");
  }
  return bytes;
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const input = createGunzip();
  pipeline(createReadStream(path), input, () => {}); // as above
  try {
    yield* createInterface({ input });
  } catch (cause) {
    throw new DataLoss(`Cannot read ${path}: ${(cause as Error).message}`, { cause });
  } finally {
    input.destroy();
  }
}

function* contentOf({ name, name_raw, size = 0, payload }: TarSplitEntry, root: number): Generator<Buffer> {
  if (size === 0) return;
  const path = name ?? decodeName(Buffer.from(name_raw ?? "", "base64"));
  const fd = openFile(root, path);
  const crc = new Crc64();
  try {
    for (let left = size; left > 0; ) {
      const piece = Buffer.allocUnsafe(Math.min(left, READ_BYTES));
      const bytes = readSync(fd, piece);
      if (bytes === 0) break;
      crc.update(piece.subarray(0, bytes));
      left -= bytes;
      yield piece.subarray(0, bytes);
    }
  } finally {
    closeSync(fd);
  }
  if (crc.digest().toString("base64") !== payload) {
    throw new DataLoss(`file integrity checksum failed for ${JSON.stringify(path)}`);
  }
}

/** No link leads out of the layer. */
function openFile(root: number, path: string): number {
  try {
    const how = { flags: constants.O_RDONLY | constants.O_NONBLOCK, resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
    return openat2(root, systemName(path), how);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
    throw new DataLoss(`Cannot read ${JSON.stringify(path)} of the layer: it is gone`, { cause: error });
  }
}
