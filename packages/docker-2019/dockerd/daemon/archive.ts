/**
 * `docker cp`, the daemon's side: what is at a path in a container, as a tar, and a tar's files into a directory.
 *
 * The container is somebody else's. A path is walked by the kernel as if the container's root were "/", once; the descriptor of what it found
 * is used from then on, so that a link, also one that is put there meanwhile, leads nowhere else (CVE-2018-15664). No process of ours makes
 * the container's root its own, so none can be led to load a program's parts from there (CVE-2019-14271).
 *
 * @see https://docs.docker.com/engine/api/v1.40/#operation/ContainerArchive
 */
import { closeSync, constants, fstatSync, readlinkSync, type Stats } from "node:fs";
import { basename, posix } from "node:path";
import { applyTar } from "@eras/layers/apply.ts";
import { archiveFile, archiveTree } from "@eras/layers/archive.ts";
import { changeEntries, checkNoWhiteout, renamed } from "@eras/layers/change-entries.ts";
import { decompress } from "@eras/layers/decompress.ts";
import type { TarEntry } from "@eras/layers/tar-entry.ts";
import { descriptorPath, withDescriptor } from "@eras/layers/target.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { O_PATH, openat2, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, readlinkat } from "@eras/linux/open.ts";
import { NotFound, Unknown } from "@eras/oci-spec/errdefs.ts";
import type { ContainerPathStat } from "../../engine-api/container.ts";
import type { Container } from "../container/container.ts";
import { goTime } from "../go-time.ts";
import { findUser } from "../spec/user.ts";
import { ContainerView } from "./container-view.ts";
import type { Daemon } from "./daemon.ts";

/** A path in a container, as a client says it. */
export interface ContainerPath {
  readonly container: Container;
  /** From the root, also without a slash. With one at its end, or `/.`, a link there is followed. */
  readonly path: string;
}

export interface PutOptions {
  /** A directory takes no file's place, nor a file a directory's. */
  readonly keepsKinds: boolean;
  /** Files are the container's user's, and not whose they are in the tar. */
  readonly asContainerUser: boolean;
}

/** @throws {NotFound} {Unknown} `Could not find the file /x in container web`; `lstat /etc/passwd/: not a directory` */
export function statPath(daemon: Daemon, at: ContainerPath): ContainerPathStat {
  const view = new ContainerView(daemon, at.container);
  try {
    return withDescriptor(openAt(view, at), (fd) => statOf(view, fd, at));
  } finally {
    view.close();
  }
}

/** @returns What it is, and a tar of it, whose names begin with its own: has to be taken, or given up (`return`). @throws {NotFound} */
export function getArchive(
  daemon: Daemon,
  at: ContainerPath,
): { readonly stat: ContainerPathStat; readonly tar: AsyncIterable<Uint8Array> } {
  const stat = statPath(daemon, at);
  return { stat, tar: pack(daemon, at, stat.name) };
}

/** Holds the container's files until all is packed. */
async function* pack(daemon: Daemon, at: ContainerPath, name: string): AsyncGenerator<Uint8Array> {
  const view = new ContainerView(daemon, at.container);
  try {
    const fd = openAt(view, at);
    try {
      const tar = fstatSync(fd).isDirectory() ? packDirectory(fd, name) : archiveFile(fd, name);
      yield* daemon.images.layers.owners?.toContainer(tar) ?? tar;
    } finally {
      closeSync(fd);
    }
  } finally {
    view.close();
  }
}

function packDirectory(fd: number, name: string): AsyncIterable<Uint8Array> {
  const within = name === "/" ? "./" : `${name}/`;
  return changeEntries(archiveTree(descriptorPath(fd), { entersMounts: true }), (entry) =>
    renamed(entry, (inside) => (inside === "./" ? within : within + inside)),
  );
}

/**
 * Unpacks a tar, plain or compressed, into a directory that is there.
 *
 * @throws {NotFound} {Unknown} `extraction point is not a directory`; when the container may not write there itself.
 */
export async function putArchive(
  daemon: Daemon,
  at: ContainerPath,
  tar: AsyncIterable<Uint8Array>,
  { keepsKinds, asContainerUser }: PutOptions,
): Promise<void> {
  const view = new ContainerView(daemon, at.container);
  try {
    const directory = openDirectoryAt(view, at);
    try {
      checkWritable(at.container, readlinkSync(descriptorPath(directory)));
      const { User } = at.container.config;
      const owner = asContainerUser && User ? findUser(User, descriptorPath(view.root)) : undefined;
      const change = (entry: TarEntry): TarEntry => {
        checkNoWhiteout(entry.name);
        if (keepsKinds) checkKind(directory, entry);
        return owner ? { ...entry, uid: owner.uid ?? 0, gid: owner.gid ?? 0 } : entry;
      };
      const { owners } = daemon.images.layers;
      const options = { whiteouts: "delete", entersMounts: true } as const;
      await unpack(tar, (plain) => {
        const changed = changeEntries(plain, change);
        return applyTar(owners?.toHost(changed) ?? changed, descriptorPath(directory), options);
      });
    } finally {
      closeSync(directory);
    }
  } finally {
    view.close();
  }
}

/** An empty one has nothing in it. */
async function unpack(
  tar: AsyncIterable<Uint8Array>,
  apply: (plain: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const pieces = tar[Symbol.asyncIterator]();
  const first = await pieces.next();
  if (first.done) return;
  try {
    await apply(decompress(concat(first.value, pieces)));
  } catch (cause) {
    throw new Unknown(`Error processing tar file: ${(cause as Error).message}`, { cause });
  }
}

async function* concat(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => rest };
}

/**
 * What the container has been promised, also while it stands still: its own mounts tell only as long as it runs.
 *
 * @param path - Where the links have led.
 */
function checkWritable({ hostConfig, record }: Container, path: string): void {
  const isWithin = (point: string) => path === point || path.startsWith(`${point}/`);
  const mount = Object.values(record.MountPoints)
    .filter(({ Destination }) => isWithin(Destination))
    .sort((a, b) => b.Destination.length - a.Destination.length)[0];
  if (mount && !mount.RW) throw new Unknown("mounted volume is marked read-only");
  if (!mount && hostConfig.ReadonlyRootfs) throw new Unknown("container rootfs is marked read-only");
}

function checkKind(directory: number, { name, type }: TarEntry): void {
  if (type === "link") return;
  const existing = kindAt(directory, name);
  const isDirectory = type === "directory";
  if (existing === undefined || existing === isDirectory) return;
  throw new Unknown(
    isDirectory
      ? `cannot overwrite non-directory "${name}" with directory "${name}"`
      : `cannot overwrite directory "${name}" with non-directory "${name}"`,
  );
}

/** @returns Whether it is a directory; undefined when there is nothing. */
function kindAt(directory: number, name: string): boolean | undefined {
  try {
    const flags = O_PATH | constants.O_NOFOLLOW;
    const fd = openat2(directory, name.replace(/\/+$/, ""), {
      flags,
      resolve: RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    });
    return withDescriptor(fd, (file) => fstatSync(file).isDirectory());
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Opens the file itself, a link too unless the path goes through it. */
function openAt(view: ContainerView, { container, path }: ContainerPath): number {
  const goesThrough = /(^|\/)\.?$/.test(path);
  try {
    return view.open(path || "/", O_PATH | (goesThrough ? constants.O_DIRECTORY : constants.O_NOFOLLOW));
  } catch (error) {
    if (isErrno(error, "ENOTDIR")) throw new Unknown(`lstat ${path}: not a directory`, { cause: error });
    throw isErrno(error, "ENOENT") ? notFound(container, path) : error;
  }
}

function openDirectoryAt(view: ContainerView, { container, path }: ContainerPath): number {
  try {
    return view.open(path || "/", constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (isErrno(error, "ENOTDIR")) throw new Unknown("extraction point is not a directory");
    throw isErrno(error, "ENOENT") ? notFound(container, path) : error;
  }
}

function notFound({ name }: Container, path: string): NotFound {
  return new NotFound(`Could not find the file ${path} in container ${name}`);
}

function statOf(view: ContainerView, fd: number, { path }: ContainerPath): ContainerPathStat {
  const stats = fstatSync(fd);
  return {
    name: basename(`/${path}`) || "/",
    size: stats.size,
    mode: goMode(stats),
    mtime: goTime(fstatSync(fd, { bigint: true }).mtimeNs),
    linkTarget: stats.isSymbolicLink() ? targetOf(view, fd, path) : "",
  };
}

/** Where a link leads in the end, absolute in the container; to nothing, where it says. */
function targetOf(view: ContainerView, link: number, path: string): string {
  try {
    return withDescriptor(view.open(path, O_PATH), (target) => readlinkSync(descriptorPath(target))); // a view's paths begin at its root
  } catch {
    return posix.resolve("/", posix.dirname(path), readlinkat(link, "").toString());
  }
}

/** Go's os.FileMode: bits of its own for types. @see https://pkg.go.dev/io/fs#FileMode */
function goMode(stats: Stats): number {
  const { mode } = stats;
  const bits: readonly (readonly [isSet: boolean, bit: number])[] = [
    [stats.isDirectory(), 31],
    [stats.isSymbolicLink(), 27],
    [stats.isBlockDevice() || stats.isCharacterDevice(), 26],
    [stats.isFIFO(), 25],
    [stats.isSocket(), 24],
    [(mode & 0o4000) !== 0, 23],
    [(mode & 0o2000) !== 0, 22],
    [stats.isCharacterDevice(), 21],
    [(mode & 0o1000) !== 0, 20],
  ];
  return bits.reduce((sum, [isSet, bit]) => (isSet ? sum + 2 ** bit : sum), mode & 0o777);
}
