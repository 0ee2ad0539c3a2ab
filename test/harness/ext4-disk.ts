/**
 * A disk that can lose its power, or become read-only: an ext4 on a loop device. The power goes by an ioctl(2) that shuts it down. From then on nothing reaches it, not even
 * what the kernel holds in its caches. A copy of it, mounted in its place, is what the machine would find afterwards, the journal
 * replayed.
 *
 * @see https://man7.org/linux/man-pages/man5/ext4.5.html
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MNT_DETACH, umount } from "@eras/linux/mount.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";

export const hasLoopDevices = existsSync("/dev/loop-control");

const DISK_BYTES = 256 * 1024 ** 2;
/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH, in the one language of Debian's essential packages that has ioctl. */
const SHUT_DOWN =
  'my $flags = pack("L", 2); open(my $root, "<", $ARGV[0]) or die; ioctl($root, 0x8004587d, $flags) or die $!';

export class Ext4Disk {
  readonly #dir = mkdtempSync(join(tmpdir(), "docker-eras-power-"));
  readonly #image = join(this.#dir, "image");
  /** Where it is mounted. */
  readonly path = join(this.#dir, "mount");

  /** Makes a file system and mounts it. */
  constructor() {
    writeFileSync(this.#image, "");
    truncateSync(this.#image, DISK_BYTES);
    execFileSync("mkfs.ext4", ["-q", this.#image]);
    this.#mount();
  }

  /** From here on nothing that is written lasts, and reading what isn't in a cache fails. */
  losePower(): void {
    execFileSync("perl", ["-e", SHUT_DOWN, this.path]);
  }

  /** Mounts in its place what the machine would find, when all who worked with it have ended. What is mounted on it goes. */
  comeBack(): void {
    this.#unmountAll();
    this.#copy();
    this.#mount();
  }

  /** What the kernel does when it finds the file system damaged: nothing is written any more. */
  becomeReadOnly(): void {
    execFileSync("mount", ["-o", "remount,abort", this.path]);
  }

  /** What an operator does then, when all who worked with it have ended. */
  repair(): void {
    umount(this.path);
    this.#copy();
    spawnSync("fsck.ext4", ["-fp", this.#image]); // its status tells that there was something to repair
    this.#mount();
  }

  /** Unmounts and deletes it, whatever a test that failed has left on it. */
  remove(): void {
    this.#unmountAll();
    rmSync(this.#dir, { recursive: true });
  }

  /** Who still looks at the old disk may go on. */
  #unmountAll(): void {
    const mounts = readMountinfo().filter(({ mountPoint }) => mountPoint.startsWith(this.path));
    for (const { mountPoint } of mounts.reverse()) umount(mountPoint, MNT_DETACH);
  }

  /** The file system lives on as long as anybody looks at it, in whatever mount namespace; what is mounted next is a copy. */
  #copy(): void {
    execFileSync("mv", [this.#image, `${this.#image}.old`]);
    execFileSync("cp", ["--sparse=always", `${this.#image}.old`, this.#image]);
  }

  #mount(): void {
    mkdirSync(this.path, { recursive: true });
    execFileSync("mount", ["-o", "loop,errors=remount-ro", this.#image, this.path]);
  }
}
