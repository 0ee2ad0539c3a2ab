/** An image like real ones, in a registry: layers of the host's own files, programs and texts, compressed by gzip. */
import { execFileSync } from "node:child_process";
import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseReference } from "@eras/oci-spec/reference.ts";
import { RegistryClient } from "@eras/registry-client/client.ts";
import { MemoryStore } from "@eras/registry-client/image-fixtures.ts";
import { push } from "@eras/registry-client/push.ts";
import { imageOf } from "../harness/layered-image.ts";

/** Layers take turns with them. */
const SOURCES = ["/usr/bin", "/usr/lib", "/usr/share"];
/** Larger ones would make a layer of a single file. */
const MAX_FILE_BYTES = 4 << 20;
const MAX_TAR_BYTES = 1 << 30;

/** How large an image is: unpacked, and as it travels. */
export interface ImageSize {
  readonly files: number;
  readonly unpackedBytes: number;
  readonly compressedBytes: number;
}

/**
 * Makes an image and pushes it.
 *
 * @param name - In a registry of the loopback: `127.0.0.1:5000/layered:1`.
 * @param layerBytes - Of the files in each layer.
 */
export async function pushHostImage(name: string, layers: number, layerBytes: number): Promise<ImageSize> {
  const walks = SOURCES.map(filesBelow);
  const filled = Array.from({ length: layers }, (_, i) => take(walks[i % walks.length]!, layerBytes));
  const tars = filled.map(({ paths }) => tarOf(paths));
  const store = new MemoryStore();
  const { manifest, parts } = imageOf(store, tars);
  await push(new RegistryClient(), parseReference(name), manifest, store);
  return {
    files: sum(filled.map(({ paths }) => paths.length)),
    unpackedBytes: sum(filled.map(({ bytes }) => bytes)),
    compressedBytes: sum(parts.map(({ size }) => size)),
  };
}

interface Layer {
  readonly paths: readonly string[];
  readonly bytes: number;
}

function take(walk: Generator<string>, wantedBytes: number): Layer {
  const paths: string[] = [];
  let bytes = 0;
  while (bytes < wantedBytes) {
    const { value, done } = walk.next();
    if (done) throw new Error(`This host has not files enough for a layer of ${wantedBytes} bytes`);
    const { size } = lstatSync(value);
    if (size > MAX_FILE_BYTES) continue;
    paths.push(value);
    bytes += size;
  }
  return { paths, bytes };
}

/** Plain files, always in the same order. */
function* filesBelow(dir: string): Generator<string> {
  const byName = (a: Dirent, b: Dirent) => (a.name < b.name ? -1 : 1);
  for (const entry of readdirSync(dir, { withFileTypes: true }).sort(byName)) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

function tarOf(paths: readonly string[]): Buffer {
  const args = ["-C", "/", "-c", "--null", "--no-recursion", "--files-from", "-"];
  const input = paths.map((path) => `${path.slice(1)}\0`).join("");
  return execFileSync("tar", args, { input, maxBuffer: MAX_TAR_BYTES });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
