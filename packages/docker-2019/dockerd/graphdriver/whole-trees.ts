/**
 * What drivers have in common that keep each tree whole, copied from its parent in whatever way: nothing is mounted, and what a layer
 * brought is found by comparing it with its parent.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/daemon/graphdriver/fsdiff.go
 */
import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { applyTar } from "@eras/layers/apply.ts";
import { archiveChanges, archiveTree } from "@eras/layers/archive.ts";
import type { Change } from "@eras/layers/diff.ts";
import { encodeName } from "@eras/layers/file-name.ts";
import { treeChanges } from "@eras/layers/tree-changes.ts";
import { Turns } from "@eras/layers/turns.ts";
import { InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { bytesOfFiles } from "./bytes-of-files.ts";
import type { GraphDriver, StorageOptions } from "./driver.ts";

const PRIVATE_MODE = 0o700;

/** How a tree comes and goes. */
export interface TreeMaker {
  /** Makes an empty directory of mode 0755, or a copy of another one. */
  make(path: string, parent: string | undefined): Promise<void>;
  remove(path: string): Promise<void>;
}

export class WholeTrees implements GraphDriver {
  readonly name: string;
  readonly #directory: string;
  readonly #maker: TreeMaker;

  /** @param directory - Made if it isn't there. */
  constructor(name: string, directory: string, maker: TreeMaker) {
    mkdirSync(directory, { recursive: true, mode: PRIVATE_MODE });
    this.name = name;
    this.#directory = realpathSync(directory);
    this.#maker = maker;
  }

  /** There is nothing to tell. */
  status(): [] {
    return [];
  }

  ids(): string[] {
    return readdirSync(this.#directory);
  }

  exists(id: string): boolean {
    return existsSync(this.layerDirectory(id));
  }

  async create(id: string, parent?: string): Promise<void> {
    if (parent !== undefined) this.#mustExist(parent);
    try {
      await this.#maker.make(this.layerDirectory(id), parent === undefined ? undefined : this.layerDirectory(parent));
    } catch (error) {
      await this.remove(id);
      throw error;
    }
  }

  async createReadWrite(id: string, parent: string | undefined, options: StorageOptions): Promise<void> {
    if (Object.keys(options).length > 0) throw new InvalidArgument(`--storage-opt is not supported for ${this.name}`);
    await this.create(id, parent);
  }

  get(id: string): string {
    this.#mustExist(id);
    return this.layerDirectory(id);
  }

  /** Nothing was mounted. */
  put(): void {}

  async remove(id: string): Promise<void> {
    if (this.exists(id)) await this.#maker.remove(this.layerDirectory(id));
  }

  async apply(id: string, _parent: string | undefined, tar: AsyncIterable<Uint8Array>): Promise<void> {
    await applyTar(tar, this.layerDirectory(id), { whiteouts: "delete" });
  }

  async *diff(id: string, parent: string | undefined): AsyncGenerator<Uint8Array> {
    if (parent === undefined) yield* archiveTree(this.layerDirectory(id));
    else yield* archiveChanges(this.layerDirectory(id), await this.changes(id, parent));
  }

  async changes(id: string, parent: string | undefined): Promise<Change[]> {
    if (parent === undefined) throw new Error(`Cannot list the changes of ${id}: it lies on nothing`);
    return await treeChanges(this.layerDirectory(parent), this.layerDirectory(id));
  }

  async size(id: string, parent: string | undefined): Promise<number> {
    if (parent === undefined) return await bytesOfFiles(this.layerDirectory(id));
    const turns = new Turns();
    const files = new Map<string, number>();
    for (const { kind, path } of await this.changes(id, parent)) {
      const stats =
        kind === "D" ? undefined : lstatSync(encodeName(this.layerDirectory(id) + path), { throwIfNoEntry: false });
      if (stats && !stats.isDirectory()) files.set(`${stats.dev}:${stats.ino}`, stats.size);
      if (turns.over()) await turns.next();
    }
    return [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  layerDirectory(id: string): string {
    return join(this.#directory, id);
  }

  data(): null {
    return null;
  }

  #mustExist(id: string): void {
    if (!this.exists(id)) throw new NotFound(`Cannot find layer ${id}: ${this.name} has no such tree`);
  }
}
