/**
 * `docker cat`, `write`, `ls`: single files of a container.
 *
 * Paths are the container's: the kernel takes its root for "/", so neither ".." nor a symbolic link leads out to the host, as both did in
 * the original.
 */
import { closeSync, constants, createReadStream, createWriteStream, fstatSync, readdirSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ErrnoError } from "@eras/linux/errno.ts";
import { AT_FDCWD, openat2, openDirectory, RESOLVE_IN_ROOT } from "@eras/linux/open.ts";
import { type FlagSet, subcmd } from "../../rcli/flag.ts";
import type { Server } from "../server.ts";

const { O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC, O_DIRECTORY, O_NOCTTY, O_NONBLOCK } = constants;
const NEW_FILE_MODE = 0o600;

export async function CmdCat(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  const flags = subcmd(
    stdout,
    "cat",
    "[OPTIONS] CONTAINER PATH",
    "Write the contents of a container's file to standard output",
  );
  const fd = openIn(this, flags, args, O_RDONLY);
  if (fd !== undefined) await pipeline(createReadStream("", { fd }), stdout, { end: false });
}

export async function CmdWrite(this: Server, stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  const flags = subcmd(stdout, "write", "[OPTIONS] CONTAINER PATH", "Write standard input to a container's file");
  const fd = openIn(this, flags, args, O_WRONLY | O_CREAT | O_TRUNC);
  if (fd !== undefined) await pipeline(stdin, createWriteStream("", { fd }));
}

export function CmdLs(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): void {
  const flags = subcmd(stdout, "ls", "[OPTIONS] CONTAINER PATH", "List the contents of a container's directory");
  const fd = openIn(this, flags, args, O_RDONLY | O_DIRECTORY);
  if (fd === undefined) return;
  const names = readdirSync(`/proc/self/fd/${fd}`).sort();
  closeSync(fd);
  stdout.write(names.map((name) => `${name}\n`).join(""));
}

/** Opens the file that the arguments name, of a container that is mounted for it and stays so. Nothing if they named none. */
function openIn({ containers }: Server, flags: FlagSet, args: string[], mode: number): number | undefined {
  if (!flags.parse(args, 2)) return undefined;
  const [name, path] = flags.args as [string, string];
  const { Filesystem } = containers.get(name);
  Filesystem.ensureMounted();
  const root = openDirectory(AT_FDCWD, Filesystem.RootFS, 0);
  try {
    // Without O_NONBLOCK a fifo would hold the whole daemon until somebody opens its other end.
    const flagsAndMode = { flags: mode | O_NOCTTY | O_NONBLOCK, ...(mode & O_CREAT && { mode: NEW_FILE_MODE }) };
    const fd = openat2(root, path, { ...flagsAndMode, resolve: RESOLVE_IN_ROOT });
    return checkKind(fd, path, mode);
  } catch (error) {
    throw error instanceof ErrnoError ? new Error(`Cannot open ${path}: ${error.code}`, { cause: error }) : error;
  } finally {
    closeSync(root);
  }
}

/** Only `ls` opens directories; devices and fifos could do or wait for anything. */
function checkKind(fd: number, path: string, mode: number): number {
  const stat = fstatSync(fd);
  if (stat.isFile() || mode & O_DIRECTORY) return fd;
  closeSync(fd);
  throw new Error(`Cannot open ${path}: it is ${stat.isDirectory() ? "a directory" : "not a file"}`);
}
