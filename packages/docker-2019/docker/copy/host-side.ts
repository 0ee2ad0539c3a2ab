/** The host's side of `docker cp`. */
import { closeSync, constants, fstatSync, lstatSync, realpathSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { applyTar } from "@eras/layers/apply.ts";
import { archiveFile, archiveTree } from "@eras/layers/archive.ts";
import { changeEntries, checkNoWhiteout, renamed } from "@eras/layers/change-entries.ts";
import type { TarEntry } from "@eras/layers/tar-entry.ts";
import { AT_FDCWD, O_PATH, openat2 } from "@eras/linux/open.ts";
import type { PathKind, Place } from "./place.ts";

/** What there is, links followed. */
export function kindOnHost(path: string): PathKind {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return "none";
  return stats.isDirectory() ? "directory" : "file";
}

export interface HostSource {
  /** As it was given: what is copied is called after it. */
  readonly path: string;
  /** With -L, where it leads. */
  readonly realPath: string;
  readonly isDirectory: boolean;
}

/** @throws {Error} When it isn't there. */
export function hostSource(path: string, followLink: boolean): HostSource {
  const real = followLink ? realpathSync(path) + (/\/\.?$/.exec(path)?.[0] ?? "") : path;
  const goesThrough = /\/\.?$/.test(real); // a slash follows a link
  return { path, realPath: real, isDirectory: (goesThrough ? statSync(real) : lstatSync(real)).isDirectory() };
}

/** Packs it under another name; an empty one is a directory's for what is in it. */
export function packFromHost({ realPath, isDirectory }: HostSource, name: string): AsyncIterable<Buffer> {
  if (!isDirectory) return packFile(realPath, name);
  const within = name === "" ? "" : `${name}/`;
  return changeEntries(archiveTree(resolve(realPath)), (entry) =>
    renamed(entry, (inside) => (inside === "./" ? within || inside : within + inside)),
  );
}

async function* packFile(path: string, name: string): AsyncGenerator<Buffer> {
  const fd = openat2(AT_FDCWD, path, { flags: O_PATH | constants.O_NOFOLLOW, resolve: 0 });
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile() && !stats.isSymbolicLink())
      throw new Error(`Cannot copy ${path}: it is neither file nor directory`);
    yield* archiveFile(fd, name || basename(path));
  } finally {
    closeSync(fd);
  }
}

/**
 * Unpacks what a container has sent: below the directory, wherever its names and links would lead. Its files are the user's.
 */
export async function unpackOnHost(tar: AsyncIterable<Uint8Array>, { directory, name }: Place): Promise<void> {
  const change = (entry: TarEntry): TarEntry => {
    const own = { ...entry, uid: process.getuid!(), gid: process.getgid!() };
    return renamed(own, (inside) => checkNoWhiteout(underName(inside, name)));
  };
  await applyTar(changeEntries(tar, change), directory, { whiteouts: "delete" });
}

/** The archive's root has the source's own name, which gives way. */
function underName(inside: string, name: string): string {
  const slash = inside.indexOf("/");
  const rest = slash === -1 ? "" : inside.slice(slash + 1);
  if (name === "") return rest === "" ? "./" : rest;
  return slash === -1 ? name : `${name}/${rest}`;
}
