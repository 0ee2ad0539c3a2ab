/**
 * aufs: each tree is a directory that holds what differs from those below, and aufs, which was Docker's first union and never a part of
 * Linux, shows the stack.
 *
 *     HOME/
 *     ├─ layers/
 *     │  ├─ 976e…          (empty) a bottom layer
 *     │  └─ 2f6c…          976e…   what lies below, the nearest first, a line each
 *     ├─ diff/2f6c…/       its files; `.wh.NAME` where NAME is gone, as in a layer's tar
 *     └─ mnt/2f6c…/        where the stack is seen while it is mounted
 *
 * @see https://manpages.debian.org/bullseye/aufs-tools/aufs.5.en.html
 * @see https://github.com/moby/moby/blob/v19.03.0/daemon/graphdriver/aufs/aufs.go
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { removeTree } from "@eras/layers/remove-tree.ts";
import { kernelHasFilesystem } from "@eras/linux/mount-fd.ts";
import { isMountPoint } from "@eras/linux/mountinfo.ts";
import { FailedPrecondition, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { writeDurably } from "../durable-write.ts";
import { knowsDirperm1, mountBranches, unmountBranches } from "./aufs-mount.ts";
import { backingFilesystem } from "./backing-filesystem.ts";
import type { GraphDriver, StorageOptions } from "./driver.ts";
import { LayeredTrees } from "./layered-trees.ts";

const HOME_MODE = 0o710;
/** What a container sees as its root directory, until a layer says otherwise. */
const ROOT_MODE = 0o755;
const FILE_MODE = 0o644;
/** Of one union, the writable one too: CONFIG_AUFS_BRANCH_MAX of Debian's and Ubuntu's kernels. */
const MAX_BRANCHES = 127;
/** aufs can't keep its marks there, or would show itself. */
const UNSUITABLE = ["aufs", "btrfs", "ecryptfs"];

/**
 * Opens the driver.
 *
 * @param home - DATA-ROOT/aufs; made if it isn't there.
 * @throws {FailedPrecondition} When the kernel has no aufs, or the file system doesn't go with it.
 * @throws {InvalidArgument} When the path has a colon or a comma, which mean something else among aufs's options.
 */
export function openAufs(home: string): GraphDriver {
  if (/[:,]/.test(home)) throw new InvalidArgument(`Cannot use aufs in ${home}: no colon, no comma`);
  if (!kernelHasFilesystem("aufs")) throw new FailedPrecondition("driver not supported: the kernel has no aufs");
  const filesystem = backingFilesystem(dirname(home));
  if (UNSUITABLE.includes(filesystem)) {
    throw new FailedPrecondition(
      `backing file system is unsupported for this graph driver: ${home} would be on ${filesystem}`,
    );
  }
  return new Aufs(home);
}

/** The driver, whether or not the kernel can show its stacks. */
export class Aufs extends LayeredTrees {
  readonly name = "aufs";
  protected readonly union = "aufs";
  readonly #home: string;

  constructor(home: string) {
    super();
    for (const name of ["layers", "diff", "mnt"]) mkdirSync(join(home, name), { recursive: true, mode: HOME_MODE });
    this.#home = realpathSync(home);
  }

  status(): (readonly [string, string])[] {
    return [
      ["Root Dir", this.#home],
      ["Backing Filesystem", backingFilesystem(this.#home)],
      ["Dirs", `${this.ids().length}`],
      ["Dirperm1 Supported", `${knowsDirperm1()}`],
    ];
  }

  ids(): string[] {
    return readdirSync(join(this.#home, "layers"));
  }

  exists(id: string): boolean {
    return existsSync(this.#list(id));
  }

  async create(id: string, parent?: string): Promise<void> {
    const lowers = parent === undefined ? [] : this.#lowersOn(parent);
    try {
      for (const directory of [this.layerDirectory(id), this.mountPoint(id)]) {
        mkdirSync(directory);
        chmodSync(directory, ROOT_MODE); // the umask took some away
      }
      writeDurably(this.#list(id), lowers.map((lower) => `${lower}\n`).join(""), FILE_MODE); // from here on it is a tree
    } catch (error) {
      await this.remove(id);
      throw error;
    }
  }

  async createReadWrite(id: string, parent: string | undefined, options: StorageOptions): Promise<void> {
    if (Object.keys(options).length > 0) throw new InvalidArgument("--storage-opt is not supported for aufs");
    await this.create(id, parent);
  }

  /** Also what is left of a tree: the list of those below goes last. */
  async remove(id: string): Promise<void> {
    for (const directory of [this.mountPoint(id), this.layerDirectory(id)]) {
      if (!existsSync(directory)) continue;
      if (directory === this.mountPoint(id) && isMountPoint(directory)) unmountBranches(directory);
      await removeTree(directory);
    }
    rmSync(this.#list(id), { force: true });
  }

  layerDirectory(id: string): string {
    return join(this.#home, "diff", id);
  }

  /** There is nothing to tell. */
  data(): null {
    return null;
  }

  protected isBottom(id: string): boolean {
    return this.#lowers(id).length === 0;
  }

  protected lowerDirectories(id: string): string[] {
    return this.#lowers(id).map((lower) => this.layerDirectory(lower));
  }

  protected mountPoint(id: string): string {
    return join(this.#home, "mnt", id);
  }

  protected show(id: string): void {
    if (isMountPoint(this.mountPoint(id))) return;
    mountBranches(this.mountPoint(id), { rw: this.layerDirectory(id), ro: this.lowerDirectories(id) });
  }

  protected hide(id: string): void {
    if (isMountPoint(this.mountPoint(id))) unmountBranches(this.mountPoint(id));
  }

  /** What a child of this tree has below it. */
  #lowersOn(parent: string): string[] {
    if (!this.exists(parent)) throw new NotFound(`Cannot make a layer on ${parent}: there is no such layer`);
    const lowers = [parent, ...this.#lowers(parent)];
    if (lowers.length >= MAX_BRANCHES) throw new InvalidArgument("max depth exceeded");
    return lowers;
  }

  #lowers(id: string): string[] {
    return this.exists(id) ? readFileSync(this.#list(id), "utf8").split("\n").filter(Boolean) : [];
  }

  #list(id: string): string {
    return join(this.#home, "layers", id);
  }
}
