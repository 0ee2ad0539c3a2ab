/**
 * The image `base`, the default of January 2013, where it held a small Ubuntu. Ours holds the host's own bash and everyday tools, with
 * the libraries that they need, at the places where the host has them.
 */
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { directory, hostFile, type ShelfEntry, symlink, textFile } from "./entry.ts";
import { skeleton } from "./skeleton.ts";

/** Taken where the host has them; bash it must have. */
const PROGRAMS = `
  bash sh dash awk basename cat chgrp chmod chown cksum clear cmp comm cp cut date dd df diff dirname du echo egrep env expand expr
  factor false fgrep find fmt fold free getent grep groups gunzip gzip head hostname id install join kill less ln ls md5sum mkdir mkfifo
  mknod mktemp more mount mv nice nl nohup nproc numfmt od paste pgrep pidof pkill printenv printf ps pwd readlink realpath reset rm rmdir
  sed seq sha1sum sha256sum shuf sleep sort split stat stty sum sync tac tail tar tee test timeout top touch tput tr true truncate tty
  umount uname unexpand uniq unlink uptime vmstat watch wc which whoami xargs yes zcat [
`
  .trim()
  .split(/\s+/);

/** Where programs are looked up, whatever the caller's own PATH. */
const PROGRAM_DIRECTORIES = ["/bin", "/sbin", "/usr/bin", "/usr/sbin"];

/** Today these are links into /usr on most hosts. */
const TOP_LEVEL = ["bin", "sbin", "lib", "lib64"];

const TERMINFO_DIRECTORIES = ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo"];
const TERMINALS = [
  "ansi",
  "dumb",
  "linux",
  "rxvt",
  "screen",
  "screen-256color",
  "tmux",
  "tmux-256color",
  "vt100",
  "vt220",
  "xterm",
];
const MORE_TERMINALS = [
  "xterm-256color",
  "xterm-color",
  "rxvt-unicode",
  "rxvt-unicode-256color",
  "xterm-kitty",
  "alacritty",
];

const BASHRC = `PS1='\\u@\\h:\\w\\$ '
alias ls='ls --color=auto'
alias ll='ls -l'
`;

/** @throws {Error} When the host has no bash. */
export function baseImage(): ShelfEntry[] {
  const programs = PROGRAMS.flatMap((name) => findProgram(name));
  if (!programs.some((path) => basename(path) === "bash"))
    throw new Error("Cannot make image base: the host has no bash");
  const files = new HostFiles();
  for (const path of [...programs, ...libraries(programs), ...TERMINALS.concat(MORE_TERMINALS).flatMap(findTerminfo)])
    files.add(path);
  return [...skeleton("/bin/bash"), ...topLevel(), ...files.entries(), textFile("root/.bashrc", BASHRC)];
}

function findProgram(name: string): string[] {
  return PROGRAM_DIRECTORIES.map((directory) => join(directory, name))
    .filter((path) => existsSync(path))
    .slice(0, 1);
}

/**
 * All libraries that programs load at their start, and the loader itself, as the host's loader finds them.
 *
 * @see https://man7.org/linux/man-pages/man1/ldd.1.html
 */
function libraries(programs: readonly string[]): string[] {
  const output = ldd(programs);
  return [...new Set([...output.matchAll(/^\s.*?(\/\S+) \(0x[0-9a-f]+\)$/gm)].map(([, path]) => path!))];
}

/** Exits with 1 as soon as one of the files is a script. */
function ldd(programs: readonly string[]): string {
  try {
    return execFileSync("ldd", programs, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    if (!stdout) throw error;
    return stdout;
  }
}

function findTerminfo(name: string): string[] {
  return TERMINFO_DIRECTORIES.map((directory) => join(directory, name.charAt(0), name))
    .filter((path) => existsSync(path))
    .slice(0, 1);
}

function topLevel(): ShelfEntry[] {
  return TOP_LEVEL.filter((name) => existsSync(`/${name}`)).map((name) =>
    lstatSync(`/${name}`).isSymbolicLink() ? symlink(name, readlinkSync(`/${name}`)) : directory(name),
  );
}

/** Files of the host with the directories above them and, where they are links, what these lead to. */
class HostFiles {
  readonly #entries = new Map<string, ShelfEntry>();

  add(path: string): void {
    const place = join(realpathSync(dirname(path)), basename(path));
    if (this.#entries.has(place)) return;
    this.#addDirectories(dirname(place));
    const stat = lstatSync(place);
    if (!stat.isSymbolicLink()) {
      this.#entries.set(place, hostFile(place.slice(1), place, stat.mode & 0o755)); // no set-user-ID: everybody is root here
      return;
    }
    this.#entries.set(place, symlink(place.slice(1), readlinkSync(place)));
    this.add(resolve(dirname(place), readlinkSync(place)));
  }

  entries(): ShelfEntry[] {
    return [...this.#entries.values()];
  }

  #addDirectories(path: string): void {
    if (path === "/" || this.#entries.has(path)) return;
    this.#addDirectories(dirname(path));
    this.#entries.set(path, directory(path.slice(1)));
  }
}
