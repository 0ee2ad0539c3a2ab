/** For tests: mounts that nobody else sees, and file systems to keep layers on. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MNT_DETACH, MS_PRIVATE, MS_REC, mount, umount } from "@eras/linux/mount.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";
import { CLONE_NEWNS, unshare } from "@eras/linux/namespaces.ts";
import { onTestFinished } from "vitest";

let hasOwnMounts = false;

/** Takes this test process to a mount namespace of its own: what is mounted is seen by nobody else, and gone when it ends. */
export function ownMounts(): void {
  if (hasOwnMounts) return;
  hasOwnMounts = true;
  unshare(CLONE_NEWNS);
  mount(null, "/", null, MS_PRIVATE | MS_REC, null);
}

/** A new directory, on whatever file system, that is gone after the test, with what is mounted in it. */
export function temporaryDirectory(): string {
  return removedAfterTest(mkdtempSync(join(tmpdir(), "eras-layers-")));
}

function removedAfterTest(path: string): string {
  onTestFinished(() => {
    const mounts = readMountinfo().filter(({ mountPoint }) => mountPoint.startsWith(`${path}/`));
    for (const { mountPoint } of mounts.reverse()) umount(mountPoint, MNT_DETACH);
    rmSync(path, { recursive: true });
  });
  return path;
}

export const hasMkfsBtrfs = spawnSync("mkfs.btrfs", ["--version"]).status === 0;

/** A file system of its own, in a file. */
export class BtrfsDisk {
  readonly #dir = mkdtempSync(join(tmpdir(), "eras-btrfs-"));
  readonly #root = join(this.#dir, "root");

  constructor() {
    const image = join(this.#dir, "image");
    mkdirSync(this.#root);
    execFileSync("truncate", ["--size=256M", image]);
    execFileSync("mkfs.btrfs", ["--quiet", image]);
    execFileSync("mount", ["-o", "loop", image, this.#root]);
  }

  /** A new directory on it that is gone after the test. */
  directory(): string {
    return removedAfterTest(mkdtempSync(join(this.#root, "test-")));
  }

  remove(): void {
    umount(this.#root, MNT_DETACH);
    rmSync(this.#dir, { recursive: true });
  }
}
