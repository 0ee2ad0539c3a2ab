/**
 * Makes the files of an archive below a target, and remembers which.
 *
 * A name that exists already is removed and made anew, never written through: then it does not matter what it is, a link, a device or
 * a second name of a file elsewhere. Only a directory stays, if the entry is one too.
 */
import { closeSync, fstatSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { fchmodat, linkat, mkdirat } from "@eras/linux/open.ts";
import { ArchiveError, quote } from "./archive-error.ts";
import { systemName } from "./file-name.ts";
import type { ArchiveLimits } from "./limits.ts";
import type { LowerLayers } from "./lower-layers.ts";
import type { Marks } from "./marks.ts";
import { setMetadata } from "./metadata.ts";
import { makeNode, type NodeEntry, writeContent } from "./nodes.ts";
import { removeAt } from "./remove-tree.ts";
import { baseOf, parentOf, safePath } from "./safe-path.ts";
import type { TarEntry } from "./tar-entry.ts";
import type { TarMember } from "./tar-reader.ts";
import { createFile, isSameFile, kindOf, openInLayer, openPlace, type Target, withDescriptor } from "./target.ts";
import { Turns } from "./turns.ts";
import { WaitingDirectories } from "./waiting-directories.ts";
import { entryOf } from "./walked-entry.ts";
import { layerName } from "./whiteout.ts";

/** Until its metadata is set, a directory is nobody else's. */
const MODE_WHILE_MADE = 0o700;
/** For directories that the archive needs but does not have. */
const IMPLICIT_MODE = 0o755;

/** Where a file is made: a plain name in an open directory, and its safe path. */
interface Place {
  readonly directoryFd: number;
  readonly name: string;
  readonly path: string;
}

/** The files of one archive below one target. */
export class MadeFiles {
  readonly #target: Target;
  readonly #limits: ArchiveLimits;
  readonly #paths = new Set<string>();
  readonly #directories = new WaitingDirectories();
  readonly #below: LowerLayers | undefined;
  readonly #turns = new Turns();
  #hasReplaced = false;
  /** Paths that this archive left a whiteout for, in which notation. A directory made there later has to hide what the whiteout hid. */
  readonly whiteouts = new Map<string, Marks>();

  /** @param below - The layers that the target lies on, if it is one of a union's. */
  constructor(target: Target, limits: ArchiveLimits, below: LowerLayers | undefined) {
    this.#target = target;
    this.#below = below;
    this.#limits = limits;
  }

  /** Whether this archive made the file with this path, or something below it. */
  has(path: string): boolean {
    return this.#paths.has(path);
  }

  /**
   * Makes the file of an entry at a safe path, with the directories that are missing on the way.
   *
   * @throws {ArchiveError} When a hard link leads nowhere or something on the way is no directory.
   * @throws {ErrnoError} When the kernel refuses.
   */
  async make(path: string, member: TarMember): Promise<void> {
    const { entry } = member;
    if (path === "") return this.#noteRoot(entry);
    const place: Place = { directoryFd: this.openDirectory(parentOf(path)), name: baseOf(path), path };
    this.#notePath(path);
    if (entry.type !== "directory") this.#takeWhiteoutBack(place);
    if (entry.type === "directory") await this.#makeDirectory(place, entry);
    else if (entry.type === "file") await this.#makeFile(place, member);
    else if (entry.type === "link") await this.#makeLink(place, entry);
    else await this.#makeNode(place, { ...entry, type: entry.type });
    if (this.#hasReplaced) this.#target.forget(); // its directory may have been reached through what is gone
    this.#hasReplaced = false;
  }

  /** Opens the directory with a safe path, making what is missing. The descriptor is valid until the next call. */
  openDirectory(path: string): number {
    const fd = this.#target.find(path);
    if (fd !== undefined) return fd;
    const directoryFd = this.openDirectory(parentOf(path));
    this.#makeImplicitDirectory({ directoryFd, name: baseOf(path), path });
    return this.#target.directory(path);
  }

  /** Sets the metadata of all directories. */
  async finish(): Promise<void> {
    await this.#directories.finish(this.#target);
  }

  /** Notes a path and the directories it is in. */
  #notePath(path: string): void {
    for (let part = path; part !== "" && !this.#paths.has(part); part = parentOf(part)) this.#paths.add(part);
  }

  #noteRoot(entry: TarEntry): void {
    if (entry.type !== "directory")
      throw new ArchiveError(`Cannot unpack ${quote(entry.name)}: the root is a directory`);
    this.#directories.note("", this.#target.rootFd, entry);
  }

  async #makeDirectory(place: Place, entry: TarEntry): Promise<void> {
    const { directoryFd, name, path } = place;
    const marks = this.#takeWhiteoutBack(place);
    const make = () => mkdirat(directoryFd, systemName(name), MODE_WHILE_MADE);
    try {
      make();
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      if (kindOf(directoryFd, name, this.#target) !== "directory") await this.#replace(place, make);
    }
    withDescriptor(openPlace(directoryFd, name, this.#target), (fd) => {
      marks?.setOpaque(fd);
      this.#directories.note(path, fd, entry);
    });
  }

  #makeImplicitDirectory(place: Place): void {
    const { directoryFd, name, path } = place;
    this.#notePath(path);
    const marks = this.#takeWhiteoutBack(place);
    try {
      mkdirat(directoryFd, systemName(name), IMPLICIT_MODE);
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      throw new ArchiveError(`Cannot unpack into ${quote(path)}: it is no directory`, { cause: error });
    }
    fchmodat(directoryFd, systemName(name), IMPLICIT_MODE); // the umask took some away
    withDescriptor(openPlace(directoryFd, name), (fd) => {
      if (marks) marks.setOpaque(fd);
      else this.#noteAsBelow(path, fd);
    });
  }

  /** In a union the topmost directory is the one whose owner and mode show. */
  #noteAsBelow(path: string, fd: number): void {
    const layer = this.#below?.findDirectory(path).layer;
    if (layer === undefined) return;
    const entry = withDescriptor(openInLayer(layer, path), directoryEntryOf);
    if (entry) this.#directories.note(path, fd, entry);
  }

  /** A file hides what is below by being there. @returns The notation, if there was a whiteout: a directory has to be made opaque in it. */
  #takeWhiteoutBack({ directoryFd, name, path }: Place): Marks | undefined {
    const marks = this.whiteouts.get(path);
    if (!marks) return undefined;
    this.whiteouts.delete(path);
    marks.removeWhiteout(directoryFd, name);
    return marks;
  }

  async #makeFile(place: Place, member: TarMember): Promise<void> {
    const fd = await this.#makeNew(place, () => createFile(place.directoryFd, place.name));
    try {
      await writeContent(fd, member, this.#turns);
      setMetadata(fd, member.entry);
    } finally {
      closeSync(fd);
    }
  }

  async #makeNode(place: Place, entry: NodeEntry): Promise<void> {
    const { directoryFd, name } = place;
    await this.#makeNew(place, () => makeNode(directoryFd, name, entry));
    withDescriptor(openPlace(directoryFd, name), (fd) => setMetadata(fd, entry));
  }

  /** A second name for a file that is there; its metadata stays. */
  async #makeLink(place: Place, entry: TarEntry): Promise<void> {
    const oldPath = safePath(entry.linkName, this.#limits);
    const oldFd = this.#target.findOwn(parentOf(oldPath));
    if (oldFd === undefined) throw noFileToLink(entry);
    try {
      if (this.#isMark(oldPath) || kindOf(oldFd, baseOf(oldPath)) !== "file") throw noFileToLink(entry);
      await this.#link(place, oldFd, baseOf(oldPath));
    } finally {
      closeSync(oldFd);
    }
  }

  #isMark(path: string): boolean {
    return this.whiteouts.has(path) || ["whiteout", "opaque"].includes(layerName(path).kind);
  }

  async #link(place: Place, oldFd: number, oldName: string): Promise<void> {
    const { directoryFd, name } = place;
    const make = () => linkat(oldFd, systemName(oldName), directoryFd, systemName(name));
    try {
      make();
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      const isThere = isSameFile({ fd: oldFd, name: oldName }, { fd: directoryFd, name });
      if (!isThere) await this.#replace(place, make); // an archive may hold a file twice
    }
  }

  /** Makes what must not exist, after removing what does. */
  async #makeNew<T>(place: Place, make: () => T): Promise<T> {
    try {
      return make();
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      return await this.#replace(place, make);
    }
  }

  async #replace<T>({ directoryFd, name }: Place, make: () => T): Promise<T> {
    this.#hasReplaced = true;
    await removeAt(directoryFd, name);
    return make();
  }
}

/** All that is to be known of a directory; undefined if it is none. */
function directoryEntryOf(fd: number): TarEntry | undefined {
  const stats = fstatSync(fd, { bigint: true });
  return stats.isDirectory() ? entryOf({ path: "", fd, stats }, "directory", undefined) : undefined;
}

function noFileToLink({ name, linkName }: TarEntry): ArchiveError {
  return new ArchiveError(`Cannot unpack ${quote(name)}: it is a hard link to ${quote(linkName)}, which is no file`);
}
