/**
 * Mounts, through the classic calls: one `mount` for everything, told apart by its flags.
 *
 *     mount(source, target, "ext4", MS_RDONLY, "data=ordered")   a new mount of a filesystem
 *     mount(source, target, null, MS_BIND | MS_REC, null)        a second view of a directory (other flags are ignored)
 *     mount(null, target, null, MS_REMOUNT | MS_BIND | MS_RDONLY, null)   … which take effect in a call of their own
 *     mount(null, target, null, MS_PRIVATE | MS_REC, null)       how mounts propagate to other mount namespaces
 *     mount(source, target, null, MS_MOVE, null)                 another place for a mount
 *
 * The newer calls, where a mount is a descriptor before it has a place, are in mount-fd.ts.
 *
 * @see https://man7.org/linux/man-pages/man2/mount.2.html
 */
import { libcFunction } from "./libc.ts";

export const MS_RDONLY = 1 << 0;
export const MS_NOSUID = 1 << 1;
export const MS_NODEV = 1 << 2;
export const MS_NOEXEC = 1 << 3;
export const MS_SYNCHRONOUS = 1 << 4;
export const MS_REMOUNT = 1 << 5;
export const MS_MANDLOCK = 1 << 6;
export const MS_DIRSYNC = 1 << 7;
export const MS_NOSYMFOLLOW = 1 << 8;
export const MS_NOATIME = 1 << 10;
export const MS_NODIRATIME = 1 << 11;
export const MS_BIND = 1 << 12;
export const MS_MOVE = 1 << 13;
export const MS_REC = 1 << 14;
export const MS_SILENT = 1 << 15;
export const MS_POSIXACL = 1 << 16;
export const MS_UNBINDABLE = 1 << 17;
export const MS_PRIVATE = 1 << 18;
export const MS_SLAVE = 1 << 19;
export const MS_SHARED = 1 << 20;
export const MS_RELATIME = 1 << 21;
export const MS_I_VERSION = 1 << 23;
export const MS_STRICTATIME = 1 << 24;
export const MS_LAZYTIME = 1 << 25;

/** Abort what the filesystem is doing. */
export const MNT_FORCE = 1;
/** Take the mount out of the tree now, release it when nobody uses it any more. */
export const MNT_DETACH = 2;
/** Unmount if unused since the last call with this flag, else fail with EAGAIN. */
export const MNT_EXPIRE = 4;
/** Do not follow `target` if it is a symbolic link. */
export const UMOUNT_NOFOLLOW = 8;

/** mount(2) reads one page of a file system's own options, which has to end with a NUL. */
export const MAX_MOUNT_DATA_BYTES = 4095;

const mountFunction = libcFunction<[string | null, string, string | null, number, string | null]>(
  "int mount(str source, str target, str type, ulong flags, str data)",
  { path: 1 },
);
const umount2 = libcFunction<[string, number]>("int umount2(str target, int flags)", { path: 0 });

/**
 * Mounts a filesystem, or changes a mount: see the head of this file.
 *
 * @param data - The filesystem's own options, comma separated, at most MAX_MOUNT_DATA_BYTES.
 * @throws {ErrnoError} Names `target`: ENODEV for an unknown `type`, EINVAL for options that the filesystem refuses.
 * @see https://man7.org/linux/man-pages/man2/mount.2.html
 */
export function mount(
  source: string | null,
  target: string,
  type: string | null,
  flags: number,
  data: string | null,
): void {
  mountFunction(source, target, type, flags, data);
}

/**
 * Unmounts the topmost mount at `target`.
 *
 * @param flags - MNT_… and UMOUNT_NOFOLLOW, or'ed together.
 * @throws {ErrnoError} EBUSY while in use, EINVAL if nothing is mounted there.
 * @see https://man7.org/linux/man-pages/man2/umount2.2.html
 */
export function umount(target: string, flags = 0): void {
  umount2(target, flags);
}

/** What `ro,nosuid,rprivate,size=64k` asks of mount(2). */
export interface MountOptions {
  /** MS_… flags to set. */
  readonly flags: number;
  /** MS_… flags that a word explicitly takes away (`rw`, `exec`): when remounting a bind, clear these of those it has. */
  readonly clear: number;
  /** Changes of propagation, in order. Each needs a call of its own: `mount(null, target, null, change, null)`. */
  readonly propagation: readonly number[];
  /** The words left over, for the filesystem. Empty if none. */
  readonly data: string;
}

const ATIME = MS_NOATIME | MS_RELATIME | MS_STRICTATIME;

/** Words that set a flag and those that take it away: mount(8), "Filesystem-independent mount options". */
const SETS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    defaults: 0,
    ro: MS_RDONLY,
    nosuid: MS_NOSUID,
    nodev: MS_NODEV,
    noexec: MS_NOEXEC,
    sync: MS_SYNCHRONOUS,
    remount: MS_REMOUNT,
    mand: MS_MANDLOCK,
    dirsync: MS_DIRSYNC,
    nosymfollow: MS_NOSYMFOLLOW,
    noatime: MS_NOATIME,
    nodiratime: MS_NODIRATIME,
    relatime: MS_RELATIME,
    strictatime: MS_STRICTATIME,
    lazytime: MS_LAZYTIME,
    silent: MS_SILENT,
    acl: MS_POSIXACL,
    iversion: MS_I_VERSION,
    bind: MS_BIND,
    rbind: MS_BIND | MS_REC,
  }),
);

const CLEARS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    rw: MS_RDONLY,
    suid: MS_NOSUID,
    dev: MS_NODEV,
    exec: MS_NOEXEC,
    async: MS_SYNCHRONOUS,
    nomand: MS_MANDLOCK,
    symfollow: MS_NOSYMFOLLOW,
    atime: MS_NOATIME,
    diratime: MS_NODIRATIME,
    norelatime: MS_RELATIME,
    nostrictatime: MS_STRICTATIME,
    nolazytime: MS_LAZYTIME,
    loud: MS_SILENT,
    noacl: MS_POSIXACL,
    noiversion: MS_I_VERSION,
  }),
);

const PROPAGATION: ReadonlyMap<string, number> = new Map(
  Object.entries({
    private: MS_PRIVATE,
    rprivate: MS_PRIVATE | MS_REC,
    shared: MS_SHARED,
    rshared: MS_SHARED | MS_REC,
    slave: MS_SLAVE,
    rslave: MS_SLAVE | MS_REC,
    unbindable: MS_UNBINDABLE,
    runbindable: MS_UNBINDABLE | MS_REC,
  }),
);

/** The words that are not left over for the filesystem. */
export function mountOptionWords(): string[] {
  return [SETS, CLEARS, PROPAGATION].flatMap((table) => [...table.keys()]);
}

/** Sorts the words of `options` into what mount(2) takes. Of words that contradict each other the last one counts. */
export function parseMountOptions(options: string): MountOptions {
  let flags = 0;
  let clear = 0;
  const propagation: number[] = [];
  const data: string[] = [];
  for (const word of options.split(",").filter((word) => word !== "")) {
    const set = SETS.get(word);
    const cleared = CLEARS.get(word);
    const change = PROPAGATION.get(word);
    if (set !== undefined) {
      if (set & ATIME) flags &= ~ATIME; // the access time modes exclude each other
      flags |= set;
      clear &= ~set;
    } else if (cleared !== undefined) {
      flags &= ~cleared;
      clear |= cleared;
    } else if (change !== undefined) {
      propagation.push(change);
    } else {
      data.push(word);
    }
  }
  return { flags, clear, propagation, data: data.join(",") };
}
