/** For tests: temporary directories, and everything there is to know about a tree as text that can be compared. */
import { createHash } from "node:crypto";
import { type BigIntStats, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lgetxattr, llistxattr } from "@eras/linux/xattr.ts";
import { onTestFinished } from "vitest";
import { removeTree } from "./remove-tree.ts";

/** A new directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "layers-"));
  onTestFinished(() => removeTree(directory));
  return directory;
}

/** Every path below a directory, sorted, without following symbolic links. */
export function pathsIn(root: string, parent = ""): string[] {
  const entries = readdirSync(join(root, parent), { withFileTypes: true });
  const paths = entries.flatMap((entry) => {
    const path = join(parent, entry.name);
    return entry.isDirectory() ? [path, ...pathsIn(root, path)] : [path];
  });
  return paths.sort();
}

/** Describes every file below a directory: type, mode, owner, time, attributes, size and content or target, shared inodes. */
export function describeTree(root: string): string[] {
  const firstNames = new Map<bigint, string>();
  return ["", ...pathsIn(root)].map((path) => describeFile(root, path, firstNames));
}

function describeFile(root: string, path: string, firstNames: Map<bigint, string>): string {
  const full = join(root, path);
  const stats = lstatSync(full, { bigint: true });
  const first = stats.isDirectory() ? path : (firstNames.get(stats.ino) ?? path);
  firstNames.set(stats.ino, first);
  const facts = [
    stats.mode.toString(8),
    `${stats.uid}:${stats.gid}`,
    stats.mtimeNs,
    attributes(full),
    what(full, stats),
  ];
  return `${JSON.stringify(path)} ${facts.join(" ")}${first === path ? "" : ` = ${first}`}`;
}

function attributes(path: string): string {
  const names = llistxattr(path).sort();
  return `{${names.map((name) => `${name}=${lgetxattr(path, name)!.toString("hex")}`).join(",")}}`;
}

function what(path: string, stats: BigIntStats): string {
  if (stats.isSymbolicLink()) return `-> ${readlinkSync(path)}`;
  if (stats.isFile())
    return `${stats.size} ${createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16)}`;
  return stats.isCharacterDevice() || stats.isBlockDevice() ? `device ${stats.rdev}` : "";
}
