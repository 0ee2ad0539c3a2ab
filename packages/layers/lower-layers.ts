/**
 * The lower layers of an overlay as one merged view, looked up path by path without mounting.
 *
 * A name is found in the topmost layer that has it. A whiteout there ends the search; so does a file, which hides what is below; a
 * directory is merged with those below, up to an opaque one.
 */
import { closeSync, constants, fstatSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { AT_FDCWD, O_PATH, openat2, openDirectory, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS } from "@eras/linux/open.ts";
import { systemName } from "./file-name.ts";
import { namesIn } from "./remove-tree.ts";
import { joinPath } from "./safe-path.ts";
import { withDescriptor } from "./target.ts";
import { isOverlayOpaque, isOverlayWhiteout } from "./whiteout.ts";

/** What the merged view has under one path. Layers are named by the descriptor of their root. */
export interface MergedFile {
  /** The layer whose file shows; `undefined` when there is no such file. */
  readonly layer: number | undefined;
  /** The layers whose directories are merged here, topmost first. */
  readonly directories: readonly number[];
}

export class LowerLayers {
  readonly #layers: readonly number[];

  /** @param directories - Topmost first, as in overlayfs's `lowerdir=`. */
  constructor(directories: readonly string[]) {
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

  /** Looks up `path`, given what was found for the directory it is in. */
  find(path: string, parent: MergedFile): MergedFile {
    let shown: number | undefined;
    const directories: number[] = [];
    for (const layer of parent.directories) {
      const kind = kindIn(layer, path);
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
    return [...new Set(names)].filter((name) => this.find(joinPath(path, name), directory).layer !== undefined);
  }
}

/** Opens a file of one layer as a place. The layer's symbolic links are not followed. */
export function openInLayer(layer: number, path: string): number {
  const flags = O_PATH | constants.O_NOFOLLOW;
  return openat2(layer, systemName(path === "" ? "." : path), {
    flags,
    resolve: RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
  });
}

type Kind = "nothing" | "whiteout" | "file" | "directory" | "opaque directory";

function kindIn(layer: number, path: string): Kind {
  try {
    return withDescriptor(openInLayer(layer, path), kindOfOpen);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "nothing";
    throw error;
  }
}

function kindOfOpen(fd: number): Kind {
  const stats = fstatSync(fd, { bigint: true });
  if (isOverlayWhiteout(stats)) return "whiteout";
  if (!stats.isDirectory()) return "file";
  return isOverlayOpaque(fd) ? "opaque directory" : "directory";
}
