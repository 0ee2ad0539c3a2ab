/** `tmpcopyup`: a tmpfs that begins with the files of the directory that it covers. */
import { constants, copyFileSync, fstatSync, readdirSync, type Stats } from "node:fs";
import {
  AT_SYMLINK_NOFOLLOW,
  fchmodat,
  fchownat,
  mkdirat,
  mknodat,
  O_PATH,
  openat2,
  RESOLVE_NO_SYMLINKS,
  readlinkat,
  symlinkat,
} from "@eras/linux/open.ts";
import { procPath, withFd } from "./inside-root.ts";

const PERMISSIONS = 0o7777;

/**
 * Copies what is in a directory, with owners and permissions. No symbolic link is followed.
 *
 * @param from - The covered directory, which was opened before.
 * @param to - The root of the new mount, where nobody else is yet.
 */
export function copyDirectory(from: number, to: number): void {
  for (const bytes of readdirSync(procPath(from), { encoding: "buffer" })) {
    const name = ended(bytes);
    withFd(openat2(from, name, { flags: O_PATH | constants.O_NOFOLLOW, resolve: 0 }), (entry) => {
      const stats = fstatSync(entry);
      copyEntry(entry, stats, to, name);
      fchownat(to, name, stats.uid, stats.gid, AT_SYMLINK_NOFOLLOW);
      if (!stats.isSymbolicLink()) fchmodat(to, name, stats.mode & PERMISSIONS); // last: a change of owner clears set-user-ID
    });
  }
}

function copyEntry(entry: number, stats: Stats, to: number, name: Buffer): void {
  if (stats.isDirectory()) {
    mkdirat(to, name, 0o700);
    withFd(openat2(to, name, { flags: O_PATH, resolve: RESOLVE_NO_SYMLINKS }), (copy) => copyDirectory(entry, copy));
  } else if (stats.isFile()) {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    withFd(openat2(to, name, { flags, mode: 0o600, resolve: RESOLVE_NO_SYMLINKS }), (copy) => {
      copyFileSync(procPath(entry), procPath(copy));
    });
  } else if (stats.isSymbolicLink()) {
    symlinkat(ended(readlinkat(entry, "")), to, name);
  } else {
    mknodat(to, name, stats.mode, stats.rdev);
  }
}

/** As C has it. A name need not be UTF-8. */
function ended(name: Buffer): Buffer {
  return Buffer.concat([name, Buffer.alloc(1)]);
}
