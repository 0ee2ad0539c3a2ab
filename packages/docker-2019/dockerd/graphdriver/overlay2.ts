/**
 * overlay2: each tree is a directory that holds what differs from those below, and the kernel's overlayfs shows the stack.
 *
 *     HOME/
 *     ├─ l/  PLP365…  ─▶ ../2f6c…/diff        short names: a mount takes one page of options, and a stack may have 128 layers
 *     ├─ 976e…/                               a bottom layer
 *     │  ├─ diff/                             its files
 *     │  ├─ link                              6DHNAD…: its short name
 *     │  └─ committed                         (empty) something lies on it: it is not to be changed any more
 *     └─ 2f6c…/                               a layer on it
 *        ├─ diff/  link
 *        ├─ lower                             l/6DHNAD…:…  what lies below, the nearest first
 *        ├─ work/                             overlayfs's own
 *        └─ merged/                           while it is mounted: the stack
 *
 * @see https://docs.kernel.org/filesystems/overlayfs.html
 * @see https://github.com/moby/moby/blob/v19.03.0/daemon/graphdriver/overlay2/overlay.go
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { removeTree } from "@eras/layers/remove-tree.ts";
import { hasEntryTypes } from "@eras/linux/entry-type.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { MNT_DETACH } from "@eras/linux/mount.ts";
import { kernelHasFilesystem } from "@eras/linux/mount-fd.ts";
import { isMountPoint } from "@eras/linux/mountinfo.ts";
import { FailedPrecondition, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { unmountAll } from "../../mounts.ts";
import { backingFilesystem } from "./backing-filesystem.ts";
import type { GraphDriver, StorageOptions } from "./driver.ts";
import { LayeredTrees } from "./layered-trees.ts";
import { mountStack } from "./overlay2-mount.ts";
import { isShortName, LINKS, newShortName } from "./short-names.ts";

/** Of the directories that the daemon's group may pass through. */
const PASSABLE_MODE = 0o710;
const PRIVATE_MODE = 0o700;
/** What a container sees as its root directory, until a layer says otherwise. */
const ROOT_MODE = 0o755;
/** Layers below one tree. */
const MAX_LOWERS = 128;

/**
 * Opens the driver.
 *
 * @param home - DATA-ROOT/overlay2; made if it isn't there.
 * @throws {FailedPrecondition} When the kernel has no overlayfs, or the file system doesn't go with it.
 * @throws {InvalidArgument} When the path has a colon or a comma, which mean something else among an overlay's options.
 */
export function openOverlay2(home: string): GraphDriver {
  if (/[:,]/.test(home)) throw new InvalidArgument(`Cannot use overlay2 in ${home}: no colon, no comma`);
  mkdirSync(home, { recursive: true, mode: PASSABLE_MODE });
  if (!kernelHasFilesystem("overlay")) {
    throw new FailedPrecondition("driver not supported: the kernel has no overlayfs");
  }
  if (!hasEntryTypes(home)) {
    throw new FailedPrecondition(
      `driver not supported: the file system of ${home} doesn't tell the types of entries (d_type)`,
    );
  }
  mkdirSync(join(home, LINKS), { recursive: true, mode: PRIVATE_MODE });
  return new Overlay2(realpathSync(home));
}

class Overlay2 extends LayeredTrees {
  readonly name = "overlay2";
  protected readonly union = "overlay";
  readonly #home: string;

  constructor(home: string) {
    super();
    this.#home = home;
  }

  status(): (readonly [string, string])[] {
    return [
      ["Backing Filesystem", backingFilesystem(this.#home)],
      ["Supports d_type", "true"], // or it would not have been opened
      ["Native Overlay Diff", "true"], // mounts refuse what would make a layer depend on another: see overlay2-mount.ts
      ["userxattr", "false"], // its marks are trusted ones, as those of root's mounts
    ];
  }

  ids(): string[] {
    return readdirSync(this.#home).filter((name) => name !== LINKS);
  }

  exists(id: string): boolean {
    return existsSync(this.#directory(id));
  }

  async create(id: string, parent?: string): Promise<void> {
    const directory = this.#directory(id);
    const lower = parent === undefined ? undefined : this.#lowerOn(parent);
    mkdirSync(directory, { mode: PASSABLE_MODE });
    try {
      makeDirectory(join(directory, "diff"), ROOT_MODE);
      const shortName = newShortName();
      writeFileSync(join(directory, "link"), shortName); // first, so that whoever removes the tree knows the other
      symlinkSync(`../${id}/diff`, join(this.#home, LINKS, shortName));
      if (parent === undefined || lower === undefined) return;
      makeDirectory(join(directory, "work"), PRIVATE_MODE);
      writeFileSync(join(this.#directory(parent), "committed"), "", { mode: 0o600 });
      writeFileSync(join(directory, "lower"), lower);
    } catch (error) {
      await this.remove(id);
      throw error;
    }
  }

  async createReadWrite(id: string, parent: string | undefined, options: StorageOptions): Promise<void> {
    if (Object.keys(options).length > 0) {
      throw new InvalidArgument("--storage-opt is supported only for overlay over xfs with 'pquota' mount option");
    }
    await this.create(id, parent);
  }

  async remove(id: string): Promise<void> {
    const directory = this.#directory(id);
    if (!existsSync(directory)) return;
    const shortName = readIfThere(join(directory, "link"));
    if (shortName !== undefined && isShortName(shortName)) rmSync(join(this.#home, LINKS, shortName), { force: true });
    unmountAll(this.mountPoint(id), MNT_DETACH);
    await removeTree(directory);
  }

  layerDirectory(id: string): string {
    return join(this.#directory(id), "diff");
  }

  data(id: string): Readonly<Record<string, string>> {
    const directory = this.#directory(id);
    const lowers = this.lowerDirectories(id);
    return {
      ...(lowers.length > 0 && { LowerDir: lowers.join(":") }),
      MergedDir: this.mountPoint(id),
      UpperDir: join(directory, "diff"),
      WorkDir: join(directory, "work"),
    };
  }

  /** What a child of this tree has below it: `l/PARENT:l/GRANDPARENT`. */
  #lowerOn(parent: string): string {
    if (!this.exists(parent)) throw new NotFound(`Cannot make a layer on ${parent}: there is no such layer`);
    const lowers = [join(LINKS, this.#shortName(parent)), ...this.#lowers(parent)];
    if (lowers.length > MAX_LOWERS) throw new InvalidArgument("max depth exceeded");
    return lowers.join(":");
  }

  protected isBottom(id: string): boolean {
    return this.#lowers(id).length === 0;
  }

  protected lowerDirectories(id: string): string[] {
    return this.#lowers(id).map((link) => realpathSync(join(this.#home, link)));
  }

  protected mountPoint(id: string): string {
    return join(this.#directory(id), "merged");
  }

  protected show(id: string): void {
    mkdirSync(this.mountPoint(id), { recursive: true, mode: PRIVATE_MODE });
    if (!isMountPoint(this.mountPoint(id))) this.#mount(id, this.#lowers(id));
  }

  protected hide(id: string): void {
    unmountAll(this.mountPoint(id), MNT_DETACH); // whoever still has files of it open may go on with them
    removeEmpty(this.mountPoint(id));
  }

  #mount(id: string, lowers: readonly string[]): void {
    // What something lies on is shown as it is: without a writable layer.
    if (existsSync(join(this.#directory(id), "committed"))) {
      mountStack(this.#home, `${id}/merged`, { lowers: [`${id}/diff`, ...lowers] });
    } else mountStack(this.#home, `${id}/merged`, { lowers, upper: `${id}/diff`, work: `${id}/work` });
  }

  #lowers(id: string): string[] {
    return readIfThere(join(this.#directory(id), "lower"))?.split(":") ?? [];
  }

  #shortName(id: string): string {
    return readFileSync(join(this.#directory(id), "link"), "utf8");
  }

  #directory(id: string): string {
    return join(this.#home, id);
  }
}

/** mkdir(2) takes the umask away from the mode. */
function makeDirectory(path: string, mode: number): void {
  mkdirSync(path);
  chmodSync(path, mode);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** The mount point is for the time of the mount alone; where somebody has the mount in another namespace, it stays. */
function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "EBUSY", "ENOTEMPTY")) throw error;
  }
}
