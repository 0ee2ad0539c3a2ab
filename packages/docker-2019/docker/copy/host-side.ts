/** The host's side of `docker cp`. */
import { createReadStream, lstatSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { applyTar } from "@eras/layers/apply.ts";
import { archiveTree } from "@eras/layers/archive.ts";
import { PLAIN_ENTRY, type TarEntry } from "@eras/layers/tar-entry.ts";
import { END_OF_ARCHIVE, formatHeaders, paddingOf } from "@eras/layers/tar-writer.ts";
import { WHITEOUT_PREFIX } from "@eras/layers/whiteout.ts";
import type { PathKind, Place } from "./place.ts";
import { changeEntries, renamed } from "./tar-entries.ts";

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
  const stats = lstatSync(path, { bigint: true });
  if (!stats.isFile() && !stats.isSymbolicLink())
    throw new Error(`Cannot copy ${path}: it is neither file nor directory`);
  const size = stats.isFile() ? Number(stats.size) : 0;
  yield formatHeaders({
    ...PLAIN_ENTRY,
    name: name || basename(path),
    type: stats.isFile() ? "file" : "symlink",
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    size,
    mtimeNs: stats.mtimeNs,
    linkName: stats.isFile() ? "" : readlinkSync(path),
  });
  if (size > 0) yield* createReadStream(path, { end: size - 1 }) as AsyncIterable<Buffer>; // without an encoding, buffers
  yield Buffer.alloc(paddingOf(size));
  yield END_OF_ARCHIVE;
}

/**
 * Unpacks what a container has sent: below the directory, wherever its names and links would lead. Its files are the user's.
 */
export async function unpackOnHost(tar: AsyncIterable<Uint8Array>, { directory, name }: Place): Promise<void> {
  const change = (entry: TarEntry): TarEntry => {
    const own = { ...entry, uid: process.getuid!(), gid: process.getgid!() };
    return renamed(own, (inside) => checked(underName(inside, name)));
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

/** In a layer, such a name would take a file away. */
function checked(name: string): string {
  if (name.split("/").some((part) => part.startsWith(WHITEOUT_PREFIX)))
    throw new Error(`Cannot copy ${name}: names that start with ${WHITEOUT_PREFIX} are for whiteouts`);
  return name;
}
