/** What lies behind mounts: the directories that they are made of, or the tree that they show. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { MNT_DETACH } from "@eras/linux/mount.ts";
import { type Mount, mountAll, unmountAll } from "../../mounts.ts";

/** The directories behind a mount, the topmost first. */
export interface MountedLayers {
  readonly directories: readonly string[];
  /** Whether the topmost may be changed. */
  readonly isWritable: boolean;
}

/**
 * Takes an overlay, or the bind of one directory, apart.
 *
 * @returns `undefined` for anything else, and for an overlay that keeps its marks as `user.` attributes, which we don't write.
 */
export function layersOf(mounts: readonly Mount[]): MountedLayers | undefined {
  const [mount, ...others] = mounts;
  if (mount === undefined || others.length > 0 || mount.target) return undefined;
  const { type, source, options } = mount;
  if (type === "bind") return { directories: [source], isWritable: !options.includes("ro") };
  if (type !== "overlay" || options.includes("userxattr")) return undefined;
  const [upper, lowers] = [optionOf(options, "upperdir"), optionOf(options, "lowerdir")];
  if (lowers === undefined) return undefined;
  const below = lowers.split(":");
  return { directories: upper === undefined ? below : [upper, ...below], isWritable: upper !== undefined };
}

function optionOf(options: readonly string[], name: string): string | undefined {
  return options.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1);
}

/**
 * Mounts, acts, and unmounts in any case.
 *
 * @param temporary - The directory that gets a mount point for that time.
 */
export async function withMounted<T>(
  mounts: readonly Mount[],
  temporary: string,
  act: (root: string) => Promise<T>,
): Promise<T> {
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  const root = mkdtempSync(join(temporary, "mount-"));
  try {
    mountAll(mounts, root);
    return await act(root);
  } finally {
    unmountAll(root, MNT_DETACH);
    rmdirSync(root);
  }
}

/** Removes mounts that a process left when it ended in the middle. */
export function removeLeftMounts(temporary: string): void {
  if (!existsSync(temporary)) return;
  for (const name of readdirSync(temporary)) {
    unmountAll(join(temporary, name), MNT_DETACH);
    rmdirSync(join(temporary, name));
  }
}
