/**
 * images/union: which union a state directory is for. Its layers, and the writable branches of its containers, mark deletions in the
 * notation of one union; mounted by the other they would show what is deleted, silently. So the first daemon's choice holds.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { kernelHasFilesystem } from "@eras/linux/mount-fd.ts";
import type { Union } from "../../aufs/mount.ts";
import { writeFileAtomic } from "../atomic-write.ts";

/**
 * The union that was chosen for `imagesDir`; the first time, aufs if the kernel has it, as in 2013, else overlayfs.
 *
 * @param isAvailable - Whether the kernel has a union.
 * @throws {Error} When this kernel lacks the one that was chosen.
 */
export function unionOf(imagesDir: string, isAvailable: (union: Union) => boolean = kernelHasFilesystem): Union {
  const recorded = readRecord(imagesDir) ?? unrecorded(imagesDir);
  const union = recorded ?? (isAvailable("aufs") ? "aufs" : "overlay");
  if (recorded !== undefined && !isAvailable(recorded)) {
    throw new Error(
      `Cannot use the layers in ${imagesDir}: they mark deletions for ${recorded}, which this kernel lacks. Boot one that has it, or keep the state elsewhere: dockerd -g DIR`,
    );
  }
  mkdirSync(imagesDir, { recursive: true, mode: 0o700 });
  if (recorded === undefined) writeFileAtomic(join(imagesDir, "union"), `${union}\n`, { mode: 0o600, durable: true });
  return union;
}

function readRecord(imagesDir: string): Union | undefined {
  const path = join(imagesDir, "union");
  try {
    const union = readFileSync(path, "utf8").trim();
    if (union === "aufs" || union === "overlay") return union;
    throw new Error(`Cannot read ${path}: "${union.slice(0, 100)}" is no union; aufs and overlay are`);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Daemons that kept no such record wrote overlay's marks whatever they mounted. */
function unrecorded(imagesDir: string): Union | undefined {
  try {
    return readdirSync(join(imagesDir, "layers")).length > 0 ? "overlay" : undefined;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
