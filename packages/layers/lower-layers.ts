/**
 * The lower layers of a union as one merged view, looked up path by path without mounting.
 *
 * A name is found in the topmost layer that has it. A whiteout there ends the search; so does a file, which hides what is below; a
 * directory is merged with those below, up to an opaque one.
 */
import { closeSync, fstatSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { AT_FDCWD, openDirectory } from "@eras/linux/open.ts";
import type { Marks } from "./marks.ts";
import { namesIn } from "./remove-tree.ts";
import { joinPath, parentOf } from "./safe-path.ts";
import { openInLayer, withDescriptor } from "./target.ts";

/** What the merged view has under one path. Layers are named by the descriptor of their root. */
export interface MergedFile {
  /** The layer whose file shows; `undefined` when there is no such file. */
  readonly layer: number | undefined;
  /** The layers whose directories are merged here, topmost first. */
  readonly directories: readonly number[];
}

export class LowerLayers {
  readonly #layers: readonly number[];
  readonly #marks: Marks;
  readonly #found = new Map<string, MergedFile>();

  /** @param directories - Topmost first, as in overlayfs's `lowerdir=`. */
  constructor(directories: readonly string[], marks: Marks) {
    this.#marks = marks;
    const layers: number[] = [];
    this.#layers = layers;
    try {
      for (const directory of directories) layers.push(openDirectory(AT_FDCWD, directory, 0));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    for (const layer of this.#layers) closeSync(layer);
  }

  /** The merged root. */
  root(): MergedFile {
    return { layer: this.#layers[0], directories: this.#layers };
  }

  /** Looks up the directory `path` from the root on, and remembers what it found on the way. */
  findDirectory(path: string): MergedFile {
    if (path === "") return this.root();
    const known = this.#found.get(path);
    if (known !== undefined) return known;
    const found = this.find(path, this.findDirectory(parentOf(path)));
    this.#found.set(path, found);
    return found;
  }

  /** Looks up `path`, given what was found for the directory it is in. */
  find(path: string, parent: MergedFile): MergedFile {
    let shown: number | undefined;
    const directories: number[] = [];
    for (const layer of parent.directories) {
      const kind = this.#kindIn(layer, path);
      if (kind === "nothing") continue;
      if (kind === "whiteout") break;
      shown ??= layer;
      if (kind === "file") break;
      directories.push(layer);
      if (kind === "opaque directory") break;
    }
    return { layer: shown, directories };
  }

  /** The names in a merged directory. */
  names(path: string, directory: MergedFile): string[] {
    const names = directory.directories.flatMap((layer) => withDescriptor(openInLayer(layer, path), namesIn));
    return [...new Set(names)].filter(
      (name) => !this.#marks.isMark(name) && this.find(joinPath(path, name), directory).layer !== undefined,
    );
  }

  #kindIn(layer: number, path: string): Kind {
    if (this.#marks.deletes(layer, path)) return "whiteout";
    try {
      return withDescriptor(openInLayer(layer, path), (fd) => this.#kindOf(fd));
    } catch (error) {
      if (isErrno(error, "ENOENT")) return "nothing";
      throw error;
    }
  }

  #kindOf(fd: number): Kind {
    if (!fstatSync(fd).isDirectory()) return "file";
    return this.#marks.isOpaque(fd) ? "opaque directory" : "directory";
  }
}

type Kind = "nothing" | "whiteout" | "file" | "directory" | "opaque directory";
