/**
 * Layers: unpacked archives, each in a directory that is named by the archive's hash.
 *
 *     layers/tmp-<16 hex>    while an archive is unpacked
 *     layers/<16 hex>        when it is whole, and on disk; the same archive again is the same directory
 */
import { createHash, randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { apply } from "@eras/layers/apply.ts";
import { removeTree } from "@eras/layers/remove-tree.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { syncfs } from "@eras/linux/syncfs.ts";
import type { Union } from "../../aufs/mount.ts";
import { sync } from "../atomic-write.ts";
import { shortHash } from "./image.ts";

const UNFINISHED = "tmp-";

export class LayerStore {
  readonly #dir: string;
  /** What will mount the layers: deletions in them are marked its way. */
  readonly #union: Union;

  constructor(dir: string, union: Union) {
    this.#dir = dir;
    this.#union = union;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  }

  /** Absolute paths of all layers, those that are being unpacked too. */
  list(): string[] {
    return readdirSync(this.#dir).map((name) => join(this.#dir, name));
  }

  /**
   * Unpacks a tar and hashes it on the way.
   *
   * @returns The layer's directory. It is on disk.
   * @throws {Error} When it is no tar, or a bad one; nothing is left then.
   */
  async add(archive: AsyncIterable<Buffer>): Promise<string> {
    const unfinished = join(this.#dir, `${UNFINISHED}${randomBytes(8).toString("hex")}`);
    mkdirSync(unfinished, { mode: 0o755 }); // a root directory as any, if the archive doesn't say otherwise; the store above is closed
    try {
      const hash = createHash("sha256");
      await apply(hashed(archive, hash), unfinished, { whiteouts: this.#union });
      await this.#syncFiles(); // before it has its name: after a loss of power, too, what has one is whole
      const layer = join(this.#dir, shortHash(hash.digest()));
      renameUnlessThere(unfinished, layer);
      sync(this.#dir);
      return layer;
    } finally {
      await removeTree(unfinished);
    }
  }

  /** All at once: 10 000 files, one fsync each, would take minutes. */
  async #syncFiles(): Promise<void> {
    const fd = openSync(this.#dir, "r");
    try {
      await syncfs(fd);
    } finally {
      closeSync(fd);
    }
  }

  /** Removes what a daemon that was killed had begun to unpack. */
  async removeUnfinished(): Promise<void> {
    for (const name of readdirSync(this.#dir)) {
      if (name.startsWith(UNFINISHED)) await removeTree(join(this.#dir, name));
    }
  }
}

async function* hashed(archive: AsyncIterable<Buffer>, hash: { update(chunk: Buffer): unknown }) {
  for await (const chunk of archive) {
    hash.update(chunk);
    yield chunk;
  }
}

function renameUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isErrno(error, "ENOTEMPTY", "EEXIST")) throw error;
  }
}
