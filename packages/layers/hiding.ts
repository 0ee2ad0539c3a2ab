/**
 * What the whiteouts of an archive do to a directory, in the two ways of stacking layers.
 *
 * A whiteout is about the layers below, never about its own: an archive may delete a directory and make it anew, in either order. So
 * what the same archive made stays.
 */

import type { MadeFiles } from "./made-files.ts";
import type { Marks } from "./marks.ts";
import { namesIn, removeAt } from "./remove-tree.ts";
import { baseOf, joinPath, parentOf } from "./safe-path.ts";
import { kindOf, openPlace, type Target, withDescriptor } from "./target.ts";

/** Carries out whiteouts. */
export interface Hider {
  /** Hides the file or tree at `path` that comes from below. */
  whiteout(path: string): Promise<void>;
  /** Hides everything in the directory `path` that comes from below. */
  opaque(path: string): Promise<void>;
}

/** The target holds the layers below: hiding is deleting. */
export class DeletingHider implements Hider {
  readonly #target: Target;
  readonly #made: MadeFiles;

  constructor(target: Target, made: MadeFiles) {
    this.#target = target;
    this.#made = made;
  }

  async whiteout(path: string): Promise<void> {
    const directoryFd = this.#target.find(parentOf(path));
    if (directoryFd === undefined) return;
    if (this.#made.has(path)) return await this.#keepMadeOnly(directoryFd, path);
    await removeAt(directoryFd, baseOf(path));
    this.#target.forget(); // it may have been reached through what is gone
  }

  async opaque(path: string): Promise<void> {
    const directoryFd = this.#target.find(path);
    if (directoryFd === undefined) return;
    for (const name of namesIn(directoryFd)) await this.whiteout(joinPath(path, name));
  }

  async #keepMadeOnly(directoryFd: number, path: string): Promise<void> {
    if (kindOf(directoryFd, baseOf(path)) === "directory") await this.opaque(path);
  }
}

/** The target will be a layer of a union: hiding is leaving that union's marks. */
export class MarkingHider implements Hider {
  readonly #target: Target;
  readonly #made: MadeFiles;
  readonly #marks: Marks;

  constructor(target: Target, made: MadeFiles, marks: Marks) {
    this.#target = target;
    this.#made = made;
    this.#marks = marks;
  }

  async whiteout(path: string): Promise<void> {
    const directoryFd = this.#made.openDirectory(parentOf(path));
    const name = baseOf(path);
    if (this.#made.has(path)) return this.#hideBelow(directoryFd, name);
    await removeAt(directoryFd, name);
    this.#target.forget();
    this.#marks.makeWhiteout(this.#made.openDirectory(parentOf(path)), name);
    this.#made.whiteouts.set(path, this.#marks);
  }

  async opaque(path: string): Promise<void> {
    this.#marks.setOpaque(this.#made.openDirectory(path));
  }

  /** A file of this layer hides one below by being there, a directory only if it is opaque. */
  #hideBelow(directoryFd: number, name: string): void {
    if (kindOf(directoryFd, name) !== "directory") return;
    withDescriptor(openPlace(directoryFd, name), (fd) => this.#marks.setOpaque(fd));
  }
}
