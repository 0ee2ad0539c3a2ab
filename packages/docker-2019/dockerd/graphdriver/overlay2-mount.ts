/**
 * The mount of a stack of layers.
 *
 *     lowerdir=HOME/l/PLP365…:HOME/l/6DHNAD…,upperdir=HOME/2f6c…/diff,workdir=HOME/2f6c…/work      where a page has room for it …
 *     lowerdir=l/PLP365…:l/6DHNAD…,upperdir=2f6c…/diff,workdir=2f6c…/work                          … else so, from HOME
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MAX_MOUNT_DATA_BYTES, mount } from "@eras/linux/mount.ts";

/** Directories of a stack, from the driver's. */
export interface OverlayStack {
  /** The topmost first. */
  readonly lowers: readonly string[];
  /** Takes the changes; without one the stack is read-only. */
  readonly upper?: string;
  /** Overlayfs's own, on the file system of `upper`. */
  readonly work?: string;
}

/**
 * Shows a stack.
 *
 * @param home - The driver's directory.
 * @param target - From there.
 * @throws {ErrnoError} As mount(2).
 */
export function mountStack(home: string, target: string, stack: OverlayStack): void {
  const options = optionsOf(stack, `${home}/`);
  if (Buffer.byteLength(options) <= MAX_MOUNT_DATA_BYTES) mount("overlay", join(home, target), "overlay", 0, options);
  else mountFrom(home, target, optionsOf(stack, ""));
}

function optionsOf({ lowers, upper, work }: OverlayStack, base: string): string {
  return [
    ...commonOptions(),
    `lowerdir=${lowers.map((path) => base + path).join(":")}`,
    ...(upper === undefined ? [] : [`upperdir=${base}${upper}`, `workdir=${base}${work}`]),
  ].join(",");
}

/** Relative paths are short. The kernel takes them from the working directory; nothing else of ours runs meanwhile. */
function mountFrom(directory: string, target: string, options: string): void {
  const bytes = Buffer.byteLength(options);
  if (bytes > MAX_MOUNT_DATA_BYTES) throw new Error(`cannot mount layer, mount label too large ${bytes}`);
  const before = process.cwd();
  process.chdir(directory);
  try {
    mount("overlay", target, "overlay", 0, options);
  } finally {
    process.chdir(before);
  }
}

/**
 * Without an index a layer may serve many mounts at once. The other two would make a layer's files depend on what lies below it, and are
 * said only where the kernel would do so by itself.
 */
function commonOptions(): string[] {
  const byItself = ["redirect_dir", "metacopy"].filter((name) => moduleParameter(name)?.startsWith("Y"));
  return [...(moduleParameter("index") === undefined ? [] : ["index=off"]), ...byItself.map((name) => `${name}=off`)];
}

function moduleParameter(name: string): string | undefined {
  const path = `/sys/module/overlay/parameters/${name}`;
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
