/** The files that every image has: the directories of a root file system, the devices, the few names that libc looks up. */
import { device, directory, type ShelfEntry, symlink, textFile } from "./entry.ts";

/** In January 2013 nobody fills /dev for the container, so images bring their devices: numbers from the kernel's admin-guide/devices.txt. */
const DEVICES: readonly ShelfEntry[] = [
  directory("dev"),
  device("dev/null", 1, 3),
  device("dev/zero", 1, 5),
  device("dev/full", 1, 7),
  device("dev/random", 1, 8),
  device("dev/urandom", 1, 9),
  device("dev/tty", 5, 0),
  device("dev/console", 5, 1, 0o600),
  device("dev/tty1", 4, 1, 0o600),
  directory("dev/pts"),
  device("dev/ptmx", 5, 2),
  directory("dev/shm", 0o1777),
  symlink("dev/fd", "/proc/self/fd"),
  symlink("dev/stdin", "/proc/self/fd/0"),
  symlink("dev/stdout", "/proc/self/fd/1"),
  symlink("dev/stderr", "/proc/self/fd/2"),
];

/** @param shell - Root's login shell. */
export function skeleton(shell: string): ShelfEntry[] {
  return [
    ...["etc", "home", "mnt", "opt", "proc", "root", "run", "srv", "sys", "usr", "var", "var/log"].map((path) =>
      directory(path),
    ),
    directory("tmp", 0o1777),
    directory("var/tmp", 0o1777),
    ...DEVICES,
    textFile("etc/passwd", `root:x:0:0:root:/root:${shell}\nnobody:x:65534:65534:nobody:/:/bin/false\n`),
    textFile("etc/group", "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"),
    textFile("etc/hostname", "localhost\n"),
    textFile("etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost\n"),
    textFile("etc/resolv.conf", ""), // the container's configuration mounts the host's over it
  ];
}
