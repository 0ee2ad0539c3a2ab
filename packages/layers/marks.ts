/**
 * The marks by which a layer on disk says what is gone, in the notation of the union that it will be mounted in. overlayfs takes aufs's
 * marks for files, and aufs overlay's for devices: so whoever mounts decides, and all that read or write the layer are told.
 *
 *     apply ─▶ make a whiteout, an opaque directory          diff, archiveLayer ─▶ which names are marks, and of what
 */
import type { BigIntStats } from "node:fs";
import { AUFS_MARKS } from "./aufs-marks.ts";
import { OVERLAY_MARKS } from "./overlay-marks.ts";

/** A notation. Directories are named by their descriptors. */
export interface Marks {
  /** Whether a name is the union's own book-keeping, which is no part of the layer. */
  isBookkeeping(name: string): boolean;
  /** Whether a file with this name is, by its name alone, a mark and not a file. */
  isMark(name: string): boolean;
  /** The path that this file of a layer deletes, or `undefined` for a file that is one. */
  deletedBy(path: string, stats: BigIntStats): string | undefined;
  /** Whether a layer deletes what the layers below have under `path`. */
  deletes(layer: number, path: string): boolean;
  /** Holds that a file is whole in itself. @throws {Error} When the union keeps part of it in a lower layer. */
  checkFile(path: string, xattrNames: readonly string[]): void;
  isOpaque(directory: number): boolean;
  /** There may be such a whiteout already, but no file with this name. */
  makeWhiteout(directory: number, name: string): void;
  removeWhiteout(directory: number, name: string): void;
  setOpaque(directory: number): void;
}

const MARKS = { aufs: AUFS_MARKS, overlay: OVERLAY_MARKS } as const satisfies Record<string, Marks>;

/** The file systems that stack layers. */
export type Union = keyof typeof MARKS;

/** The notation of a union. */
export function marksOf(union: Union): Marks {
  return MARKS[union];
}
