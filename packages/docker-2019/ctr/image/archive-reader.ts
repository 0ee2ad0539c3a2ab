/**
 * Images in an archive, as `docker save` and image layouts have them, on their way into containerd's store.
 *
 *     oci-layout  index.json  blobs/sha256/…       an image layout
 *     manifest.json  CONFIG.json  ID/layer.tar     docker save: what it is of comes last or first, just as it likes
 *     manifest.json  blobs/sha256/…                both at once
 *
 * The archive is read once, and may be a pipe. So every file goes into the store as it comes, and only then is it seen which of them were
 * wanted: a lease holds them as long, and the garbage collector takes the others.
 */

import { decompress } from "@eras/layers/decompress.ts";
import { DEFAULT_LIMITS } from "@eras/layers/limits.ts";
import { readTar, type TarMember } from "@eras/layers/tar-reader.ts";
import { type Digest, isDigest, parseDigest, sha256 } from "@eras/oci-spec/digest.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Containerd } from "../containerd.ts";
import { Ingest } from "./ingest.ts";

/** A file of the archive, in the store. */
export interface StoredFile {
  readonly digest: Digest;
  readonly size: number;
  /** Of a layer, by its first bytes. */
  readonly compression: "none" | "gzip" | "zstd";
}

/** What an archive had. */
export interface Archive {
  /** By path. A link is the file that it leads to. */
  readonly files: ReadonlyMap<string, StoredFile>;
  /** The JSON documents that tell what it is, as far as there are any. */
  readonly indexJson: Buffer | undefined;
  readonly manifestJson: Buffer | undefined;
}

/** Documents that are read and not stored. */
const DOCUMENTS = new Set(["index.json", "manifest.json", "oci-layout", "repositories", "VERSION"]);
const MAX_DOCUMENT_BYTES = 4 << 20;
const MAGIC = { gzip: Buffer.from([0x1f, 0x8b]), zstd: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) };

/**
 * Stores all files of an archive, compressed or not. Call under a lease.
 *
 * @throws {InvalidArgument} When a blob isn't what its name says; {ArchiveError} when the archive is damaged.
 */
export async function storeArchive(containerd: Containerd, archive: AsyncIterable<Uint8Array>): Promise<Archive> {
  const files = new Map<string, StoredFile>();
  const links = new Map<string, string>();
  const documents = new Map<string, Buffer>();
  for await (const member of readTar(decompress(archive), DEFAULT_LIMITS)) {
    const { type, linkName, name } = member.entry;
    const path = normal(name);
    if (type === "link" || type === "symlink") links.set(path, normal(linkName, type === "symlink" ? path : ""));
    else if (type === "file" && DOCUMENTS.has(path)) documents.set(path, await readDocument(member));
    else if (type === "file") files.set(path, await storeFile(containerd, path, member));
  }
  for (const [path, target] of links) {
    const file = files.get(target);
    if (file) files.set(path, file);
  }
  return { files, indexJson: documents.get("index.json"), manifestJson: documents.get("manifest.json") };
}

/** Without `./` and `..`; a symbolic link's target starts in its own directory. */
function normal(name: string, from = ""): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of name.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

async function readDocument(member: TarMember): Promise<Buffer> {
  const { name, size } = member.entry;
  if (size > MAX_DOCUMENT_BYTES) throw new InvalidArgument(`Cannot read ${name}: it has ${size} bytes`);
  const content = Buffer.alloc(size);
  for await (const { position, bytes } of member.content()) bytes.copy(content, position);
  return content;
}

/** A blob of a layout is verified against its name; of other files the store computes the digest. */
async function storeFile(containerd: Containerd, path: string, member: TarMember): Promise<StoredFile> {
  const { size } = member.entry;
  const named = blobDigest(path);
  const ref = `tar-${sha256(`${process.pid} ${path}`).slice("sha256:".length, 20)}-${path}`;
  const ingest = await Ingest.open(containerd, ref, { size, ...(named && { digest: named }) });
  let start = Buffer.alloc(0);
  for await (const { bytes } of member.content()) {
    if (start.length < MAGIC.zstd.length) start = Buffer.concat([start, bytes.subarray(0, MAGIC.zstd.length)]);
    await ingest?.write(Buffer.from(bytes)); // the reader uses its buffer again
  }
  const digest = ingest === undefined ? named! : parseDigest(await ingest.commit());
  return { digest, size, compression: compressionOf(start) };
}

/** `blobs/sha256/6c3c624b…` */
function blobDigest(path: string): Digest | undefined {
  const [, algorithm, encoded] = /^blobs\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  const digest = `${algorithm}:${encoded}`;
  return isDigest(digest) ? digest : undefined;
}

function compressionOf(start: Buffer): StoredFile["compression"] {
  if (start.subarray(0, MAGIC.gzip.length).equals(MAGIC.gzip)) return "gzip";
  return start.subarray(0, MAGIC.zstd.length).equals(MAGIC.zstd) ? "zstd" : "none";
}
