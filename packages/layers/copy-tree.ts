/**
 * Copies a directory tree: owners, modes, times, attributes, devices, holes, and which names are one file.
 *
 * A copy shares nothing with its source but, where the file system can do that, the blocks of files that neither side has changed.
 * Sockets are left out, and what is mounted inside.
 */
import { closeSync, constants, openSync, readSync } from "node:fs";
import { linkat, mkdirat } from "@eras/linux/open.ts";
import { cloneFile } from "@eras/linux/reflink.ts";
import { systemName } from "./file-name.ts";
import { setMetadata } from "./metadata.ts";
import { makeNode, writeContent } from "./nodes.ts";
import { baseOf, parentOf } from "./safe-path.ts";
import type { TarEntry } from "./tar-entry.ts";
import { createFile, descriptorPath, openPlace, Target, withDescriptor } from "./target.ts";
import { Turns } from "./turns.ts";
import { WaitingDirectories } from "./waiting-directories.ts";
import { type WalkedFile, walk } from "./walk.ts";
import { entryOf, HardLinks, typeOf } from "./walked-entry.ts";

/** Until its metadata is set, a directory is nobody else's. */
const MODE_WHILE_MADE = 0o700;
const READ_BYTES = 1024 * 1024;

/**
 * Copies what is in one directory, and the directory's own metadata, to an empty one.
 *
 * @param from - Nobody changes it meanwhile.
 * @throws {Error} When something can't be read or written; the copy is half-made then.
 */
export async function copyTree(from: string, to: string): Promise<void> {
  const copy: Copy = { target: new Target(to), links: new HardLinks(), directories: new WaitingDirectories() };
  const turns = new Turns();
  try {
    for (const file of walk(from)) {
      await copyFile(file, copy, turns);
      if (turns.over()) await turns.next();
    }
    await copy.directories.finish(copy.target);
  } finally {
    copy.target.close();
  }
}

interface Copy {
  readonly target: Target;
  readonly links: HardLinks;
  readonly directories: WaitingDirectories;
}

async function copyFile(file: WalkedFile, { target, links, directories }: Copy, turns: Turns): Promise<void> {
  const type = typeOf(file);
  if (type === undefined) return;
  const entry = entryOf(file, type, links.firstPathOf(file));
  if (file.path === "") return directories.note("", target.rootFd, entry);
  const directoryFd = target.directory(parentOf(file.path));
  const name = baseOf(file.path);
  if (entry.type === "file") return await copyContent(file.fd, createFile(directoryFd, name), entry, turns);
  if (entry.type === "link") return linkat(target.rootFd, systemName(entry.linkName), directoryFd, systemName(name));
  if (entry.type === "directory") {
    mkdirat(directoryFd, systemName(name), MODE_WHILE_MADE);
    return withDescriptor(openPlace(directoryFd, name), (fd) => directories.note(file.path, fd, entry));
  }
  makeNode(directoryFd, name, { ...entry, type: entry.type });
  withDescriptor(openPlace(directoryFd, name), (fd) => setMetadata(fd, entry));
}

/** Closes `to`. */
async function copyContent(place: number, to: number, entry: TarEntry, turns: Turns): Promise<void> {
  const from = openSync(descriptorPath(place), constants.O_RDONLY);
  try {
    if (!cloneFile(to, from)) await writeContent(to, { entry, content: () => piecesOf(from) }, turns);
    setMetadata(to, entry);
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

/** Each piece is valid until the next one is asked for. */
async function* piecesOf(fd: number): AsyncGenerator<{ position: number; bytes: Buffer }> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (let position = 0; ; ) {
    const bytes = readSync(fd, buffer, 0, buffer.length, position);
    if (bytes === 0) return;
    yield { position, bytes: buffer.subarray(0, bytes) };
    position += bytes;
  }
}
