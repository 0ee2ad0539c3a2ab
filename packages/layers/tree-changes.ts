/**
 * What changed from one whole tree to another: how a layer comes out of two snapshots that are no layers themselves.
 *
 * Two trees may hold much that is equal, and to read all of it would take long. So a file with the same size, metadata and time counts
 * as unchanged, if the time is one that a clock has given. Archives keep whole seconds; of files with such a time the bytes are compared.
 * A directory's time is no change of its own: it follows from what happened in it.
 *
 * @see https://github.com/containerd/continuity/blob/v0.1.0/fs/diff.go
 */
import { closeSync, fstatSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { AT_FDCWD, openDirectory } from "@eras/linux/open.ts";
import { type Change, isSameContent, isSameMap, type OpenFile } from "./diff.ts";
import { xattrsOfFile } from "./metadata.ts";
import { namesIn } from "./remove-tree.ts";
import { joinPath } from "./safe-path.ts";
import { openInLayer, withDescriptor } from "./target.ts";
import { Turns } from "./turns.ts";
import { type WalkedFile, walk } from "./walk.ts";

const NS_PER_SECOND = 1_000_000_000n;

/**
 * Lists the changes as `changes` does, in the order of a walk; what is deleted from a directory comes first in it.
 *
 * @param before - A directory, as `after` is. Nobody changes either meanwhile.
 */
export async function treeChanges(before: string, after: string): Promise<Change[]> {
  const root = openDirectory(AT_FDCWD, before, 0);
  const turns = new Turns();
  const found: Change[] = [];
  try {
    for (const file of walk(after)) {
      found.push(...changesAt(file, root));
      if (turns.over()) await turns.next();
    }
  } finally {
    closeSync(root);
  }
  return found;
}

function changesAt(file: WalkedFile, root: number): Change[] {
  const { path } = file;
  const fd = openIfThere(root, path);
  if (fd === undefined) return [{ kind: "A", path: `/${path}` }];
  return withDescriptor(fd, () => {
    const before = { fd, stats: fstatSync(fd, { bigint: true }) };
    const changed: Change[] = path === "" || isSame(before, file) ? [] : [{ kind: "C", path: `/${path}` }];
    const wereBoth = before.stats.isDirectory() && file.stats.isDirectory();
    return wereBoth ? [...changed, ...deletedFrom(path, before, file)] : changed;
  });
}

function openIfThere(root: number, path: string): number | undefined {
  try {
    return openInLayer(root, path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined; // ELOOP: a link where there is a directory now
    throw error;
  }
}

function deletedFrom(path: string, before: OpenFile, after: OpenFile): Change[] {
  const kept = new Set(namesIn(after.fd));
  const deleted = namesIn(before.fd).filter((name) => !kept.has(name));
  return deleted.sort().map((name) => ({ kind: "D", path: `/${joinPath(path, name)}` }));
}

function isSame(before: OpenFile, after: OpenFile): boolean {
  const [a, b] = [before.stats, after.stats];
  if (a.dev === b.dev && a.ino === b.ino) return true;
  if ((["mode", "uid", "gid", "rdev"] as const).some((field) => a[field] !== b[field])) return false;
  if (!isSameMap(xattrsOfFile(before.fd), xattrsOfFile(after.fd))) return false;
  if (a.isDirectory()) return true;
  if (a.size !== b.size || a.mtimeNs !== b.mtimeNs) return false;
  return a.mtimeNs % NS_PER_SECOND !== 0n || isSameContent(before, after);
}
