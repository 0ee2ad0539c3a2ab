/**
 * What drivers have in common that keep of each tree only what differs from those below: a union of the kernel's shows the stack, and
 * marks in its notation what of those below is gone.
 *
 *     get B      ─▶ MOUNT POINT: B's directory over A's           A's directory itself, of a tree with nothing below
 *     diff B     ─▶ B's directory as a tar, marks as whiteouts    nothing is mounted for that
 */
import { applyTar } from "@eras/layers/apply.ts";
import { archiveChanges, archiveLayer } from "@eras/layers/archive.ts";
import { type Change, changes } from "@eras/layers/diff.ts";
import type { Union } from "@eras/layers/marks.ts";
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import { bytesOfFiles } from "./bytes-of-files.ts";
import type { GraphDriver, StorageOptions } from "./driver.ts";
import { MountCounter } from "./mount-counter.ts";

export abstract class LayeredTrees implements GraphDriver {
  abstract readonly name: string;
  /** Whose notation the trees are in. */
  protected abstract readonly union: Union;
  readonly #users = new MountCounter();

  abstract status(): (readonly [string, string])[];
  abstract ids(): string[];
  abstract exists(id: string): boolean;
  abstract create(id: string, parent?: string): Promise<void>;
  abstract createReadWrite(id: string, parent: string | undefined, options: StorageOptions): Promise<void>;
  abstract remove(id: string): Promise<void>;
  abstract layerDirectory(id: string): string;
  abstract data(id: string): Readonly<Record<string, string>> | null;

  protected abstract isBottom(id: string): boolean;
  /** The directories of the trees below, the nearest first. */
  protected abstract lowerDirectories(id: string): string[];
  protected abstract mountPoint(id: string): string;
  /** Mounts the stack, unless it is: after a restart of the daemon alone. */
  protected abstract show(id: string): void;
  /** Takes back `show`, or a part of it that has been done. */
  protected abstract hide(id: string): void;

  get(id: string): string {
    if (!this.exists(id)) throw new NotFound(`Cannot mount ${id}: there is no such layer`);
    if (this.isBottom(id)) return this.layerDirectory(id);
    const place = this.mountPoint(id);
    if (this.#users.add(place) > 1) return place;
    try {
      this.show(id);
    } catch (error) {
      this.put(id);
      throw error;
    }
    return place;
  }

  put(id: string): void {
    if (this.isBottom(id)) return;
    if (this.#users.remove(this.mountPoint(id)) === 0) this.hide(id);
  }

  async apply(id: string, parent: string | undefined, tar: AsyncIterable<Uint8Array>): Promise<void> {
    const below = this.lowerDirectories(id);
    await applyTar(tar, this.layerDirectory(id), { whiteouts: parent === undefined ? "delete" : this.union, below });
  }

  /** What was only copied up, because it was opened for writing, is left out. */
  async *diff(id: string, parent: string | undefined): AsyncGenerator<Uint8Array> {
    const directory = this.layerDirectory(id);
    if (parent === undefined) yield* archiveLayer(directory, this.union);
    else yield* archiveChanges(directory, await this.changes(id));
  }

  changes(id: string): Promise<Change[]> {
    return changes(this.layerDirectory(id), this.lowerDirectories(id), this.union);
  }

  size(id: string): Promise<number> {
    return bytesOfFiles(this.layerDirectory(id));
  }
}
