/** For tests: archives made by hand, block by block, as no honest program would make them. */
import { mkdirSync } from "node:fs";
import { type ApplyOptions, apply } from "./apply.ts";
import { formatPax } from "./pax.ts";
import { PLAIN_ENTRY, type TarEntry } from "./tar-entry.ts";
import { END_OF_ARCHIVE, formatHeaders, paddingOf } from "./tar-writer.ts";

/** An entry with its content: what is not said is plain. */
export function member(entry: Partial<TarEntry>, content = ""): Buffer {
  const bytes = Buffer.from(content);
  const headers = formatHeaders({ ...PLAIN_ENTRY, name: "file", size: bytes.length, ...entry });
  return Buffer.concat([headers, bytes, Buffer.alloc(paddingOf(bytes.length))]);
}

export const directory = (name: string, mode = 0o755): Buffer => member({ name, type: "directory", mode });
export const symlink = (name: string, linkName: string): Buffer => member({ name, type: "symlink", linkName });
export const link = (name: string, linkName: string): Buffer => member({ name, type: "link", linkName });
export const file = (name: string, content = "content"): Buffer => member({ name }, content);

/** A header of any type with any content, as an extended header is. */
export function typed(typeFlag: string, content: Buffer | string, name = "extension"): Buffer {
  const bytes = Buffer.from(content);
  const block = formatHeaders({ ...PLAIN_ENTRY, name, size: bytes.length });
  return Buffer.concat([patched(block, 156, typeFlag), bytes, Buffer.alloc(paddingOf(bytes.length))]);
}

/** A PAX extended header. */
export function pax(records: Record<string, string | Buffer>): Buffer {
  return typed("x", formatPax(new Map(Object.entries(records).map(([key, value]) => [key, Buffer.from(value)]))));
}

/** A header block with bytes replaced, and its checksum made right again. */
export function patched(member: Buffer, offset: number, text: string | Buffer): Buffer {
  const copy = Buffer.from(member);
  Buffer.from(text).copy(copy, offset);
  copy.fill(" ", 148, 156);
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return copy;
}

/** A whole archive. */
export function tar(...members: Buffer[]): Buffer {
  return Buffer.concat([...members, END_OF_ARCHIVE]);
}

/** An archive as a stream of chunks. */
export async function* chunksOf(archive: Buffer, chunkBytes = 64 * 1024): AsyncGenerator<Buffer> {
  for (let start = 0; start < archive.length; start += chunkBytes) yield archive.subarray(start, start + chunkBytes);
}

/** Applies an archive to a directory, which is made if need be. */
export async function unpack(archive: Buffer, directory: string, options?: Partial<ApplyOptions>): Promise<void> {
  mkdirSync(directory, { recursive: true });
  await apply(chunksOf(archive), directory, { whiteouts: "delete", ...options });
}

/** All bytes of a stream. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(chunks));
}
