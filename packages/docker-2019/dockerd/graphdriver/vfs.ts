/**
 * vfs: each tree is a copy of its parent. Works on every file system, and takes the room of a copy where that can't share blocks.
 *
 *     HOME/dir/
 *     ├─ 976e…/     a bottom layer
 *     └─ 2f6c…/     a layer on it: all of 976e…, copied, and then changed
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/daemon/graphdriver/vfs/driver.go
 */
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { copyTree } from "@eras/layers/copy-tree.ts";
import { removeTree } from "@eras/layers/remove-tree.ts";
import type { GraphDriver } from "./driver.ts";
import { WholeTrees } from "./whole-trees.ts";

/** What a container sees as its root directory, until a layer says otherwise. */
const ROOT_MODE = 0o755;

/** Opens the driver. @param home - DATA-ROOT/vfs */
export function openVfs(home: string): GraphDriver {
  return new WholeTrees("vfs", join(home, "dir"), { make: makeCopy, remove: removeTree });
}

async function makeCopy(path: string, parent: string | undefined): Promise<void> {
  mkdirSync(path);
  chmodSync(path, ROOT_MODE); // the umask took some away
  if (parent !== undefined) await copyTree(parent, path);
}
