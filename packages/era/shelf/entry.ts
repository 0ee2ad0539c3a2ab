/** The files of an image, before they are a tar. All belong to root and bear the same time: equal hosts make equal images. */
import { readFileSync, statSync } from "node:fs";
import type { TarEntry } from "@eras/layers/tar-entry.ts";
import { END_OF_ARCHIVE, formatHeaders, paddingOf } from "@eras/layers/tar-writer.ts";

/** A file of an image: its place in the tar, and what is in it. */
export interface ShelfEntry {
  readonly header: TarEntry;
  /** Called when the entry's turn has come. */
  readonly read: () => Buffer;
}

/** The day that this Docker is of. */
const MTIME_NS = BigInt(Date.UTC(2013, 0, 31)) * 1_000_000n;
const EMPTY = Buffer.alloc(0);

function entry(header: Pick<TarEntry, "name" | "type" | "mode"> & Partial<TarEntry>, read = () => EMPTY): ShelfEntry {
  const rest = {
    uid: 0,
    gid: 0,
    size: 0,
    mtimeNs: MTIME_NS,
    linkName: "",
    deviceMajor: 0,
    deviceMinor: 0,
    xattrs: new Map(),
  };
  return { header: { ...rest, ...header }, read };
}

export const directory = (path: string, mode = 0o755) => entry({ name: `${path}/`, type: "directory", mode });

export const symlink = (path: string, target: string) =>
  entry({ name: path, type: "symlink", mode: 0o777, linkName: target });

export const device = (path: string, deviceMajor: number, deviceMinor: number, mode = 0o666) =>
  entry({ name: path, type: "character-device", mode, deviceMajor, deviceMinor });

export function textFile(path: string, text: string): ShelfEntry {
  const content = Buffer.from(text);
  return entry({ name: path, type: "file", mode: 0o644, size: content.length }, () => content);
}

/** A copy of the host's `source`. */
export const hostFile = (path: string, source: string, mode: number) =>
  entry({ name: path, type: "file", mode, size: statSync(source).size }, () => readFileSync(source));

/** @returns The tar, piece by piece. */
export function* writeTar(entries: Iterable<ShelfEntry>): Generator<Buffer> {
  for (const { header, read } of entries) {
    const content = read();
    if (content.length !== header.size) throw new Error(`Cannot copy ${header.name}: it changed meanwhile`);
    yield Buffer.concat([formatHeaders(header), content, Buffer.alloc(paddingOf(header.size))]);
  }
  yield END_OF_ARCHIVE;
}
