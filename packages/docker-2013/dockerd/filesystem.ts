/**
 * A container's file system: the image's layers, read-only, and the container's own directory for what it writes, seen as one.
 *
 *     rootfs   ◀── union of   rw                 writable, on top
 *                             layers[0]          top layer of the image
 *                             …
 *                             layers[n]          its base
 */
import { chmodSync, chownSync, mkdirSync, rmdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { MNT_DETACH, umount } from "@eras/linux/mount.ts";
import { mountUnion, type Union } from "../aufs/mount.ts";
import { step } from "../step.ts";

/** As config.json spells it. */
export interface FilesystemRecord {
  readonly RootFS: string;
  readonly RWPath: string;
  /** Absolute paths, the top layer first. */
  readonly Layers: readonly string[];
}

export class Filesystem implements FilesystemRecord {
  readonly RootFS: string;
  readonly RWPath: string;
  readonly Layers: readonly string[];
  /** Not part of the record: the whole state directory is for one union. */
  readonly #union: Union;

  constructor({ RootFS, RWPath, Layers }: FilesystemRecord, union: Union) {
    this.RootFS = RootFS;
    this.RWPath = RWPath;
    this.Layers = Layers;
    this.#union = union;
  }

  /** What mounts it, and so decides how deletions are marked in RWPath and the layers. */
  get union(): Union {
    return this.#union;
  }

  createMountPoints(): void {
    step("dockerd.create-directories", { RootFS: this.RootFS, RWPath: this.RWPath });
    mkdirSync(this.RootFS, { recursive: true, mode: 0o755 });
    mkdirSync(this.RWPath, { recursive: true, mode: 0o755 });
    this.#likeTheTopLayer(this.RWPath);
  }

  /** The root of a union is that of its topmost branch: give it the mode and owner that the image's root has. */
  #likeTheTopLayer(directory: string): void {
    const [top] = this.Layers;
    if (top === undefined) return;
    const { mode, uid, gid } = statSync(top);
    chownSync(directory, uid, gid);
    chmodSync(directory, mode);
  }

  ensureMounted(): void {
    if (!this.isMounted()) this.mount();
  }

  mount(): void {
    step("dockerd.mount", { RootFS: this.RootFS }, { type: "mount", id: this.RootFS, change: "create" });
    if (this.isMounted()) throw new Error(`Cannot mount ${this.RootFS}: it is mounted already`);
    mkdirSync(this.RootFS, { recursive: true, mode: 0o755 }); // unmounting removed it
    const rwBranch = `${this.RWPath}=rw`;
    const roBranches = this.Layers.map((layer) => `${layer}=ro:`).join("");
    mountUnion(this.#union, this.RootFS, `br:${rwBranch}:${roBranches}`);
  }

  /** Unmounts and removes the mount point. What somebody still uses (a `tar` that goes on) stays there for them until they are done. */
  umount(): void {
    step("dockerd.umount", { RootFS: this.RootFS }, { type: "mount", id: this.RootFS, change: "remove" });
    if (!this.isMounted()) throw new Error(`Cannot unmount ${this.RootFS}: it is not mounted`);
    try {
      umount(this.RootFS);
    } catch (error) {
      if (!isErrno(error, "EBUSY")) throw error;
      umount(this.RootFS, MNT_DETACH);
    }
    rmdirSync(this.RootFS);
  }

  /** A mount has a device number of its own, another than the directory that holds it. */
  isMounted(): boolean {
    try {
      return statSync(this.RootFS).dev !== statSync(dirname(this.RootFS)).dev;
    } catch (error) {
      if (isErrno(error, "ENOENT")) return false;
      throw error;
    }
  }
}
