/**
 * A task's standard streams: named pipes, which ctr makes, whose one end the shim opens and whose other end ctr has.
 *
 *     <fifo dir>/<random>/
 *     ├─ web-stdin      ctr  ─▶ shim
 *     ├─ web-stdout     shim ─▶ ctr
 *     └─ web-stderr     shim ─▶ ctr        not with a terminal, which has one output
 *
 * A pipe that has had no writer yet looks ended. So ctr also holds the ends that are the shim's until the shim has opened its own.
 */
import { closeSync, constants, existsSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { dirname, join } from "node:path";
import { mkfifo } from "@eras/linux/fifo.ts";
import { makeDirectories } from "@eras/linux/make-directories.ts";

export const DEFAULT_FIFO_DIR = "/run/containerd/fifo";
const DIRECTORY_MODE = 0o700;
const FIFO_MODE = 0o700;

/** Ours, and those of genuine ctr, whose tasks can be deleted with this one. Others may have given a directory that has more in it. */
const OWN_DIRECTORY = /\/(?:ctr-[^/]+|\d+)$/;

/** Paths as Tasks/Create takes them; an empty one for a stream that there is none of. */
export interface FifoPaths {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
}

export const NO_STREAMS: FifoPaths = { stdin: "", stdout: "", stderr: "" };

/** Makes the pipes for a process called `id`, in a directory of their own below `parent`. */
export function makeFifos(parent: string, id: string, { terminal }: { readonly terminal: boolean }): FifoPaths {
  makeDirectories(parent, DIRECTORY_MODE);
  const directory = mkdtempSync(join(parent, "ctr-"));
  const path = (stream: string) => join(directory, `${id}-${stream}`);
  const paths = { stdin: path("stdin"), stdout: path("stdout"), stderr: terminal ? "" : path("stderr") };
  for (const one of Object.values(paths)) if (one !== "") mkfifo(one, FIFO_MODE);
  return paths;
}

/** Makes the pipes that somebody has named, where they are not there. */
export function makeFifosAt(paths: FifoPaths): void {
  for (const one of Object.values(paths)) if (one !== "" && !existsSync(one)) mkfifo(one, FIFO_MODE);
}

/** Where a URI says that the streams go, there are no pipes: `file:///var/log/web`, `binary:///…`. */
function isElsewhere({ stdout }: FifoPaths): boolean {
  return stdout.includes("://");
}

/** Removes the pipes, and the directory that was made for them. */
export function removeFifos({ stdin, stdout, stderr }: FifoPaths): void {
  const made = [stdin, stdout, stderr].filter((path) => path.startsWith("/")); // a URI is another's: binary:///…
  for (const path of made) rmSync(path, { force: true });
  for (const directory of new Set(made.map(dirname)))
    if (OWN_DIRECTORY.test(directory)) rmSync(directory, { recursive: true, force: true });
}

/** ctr's ends. */
export class TaskStreams {
  readonly #paths: FifoPaths;
  /** The shim's ends, until it has them. */
  #held: number[] = [];
  readonly stdin: Socket | undefined;
  readonly stdout: Socket | undefined;
  readonly stderr: Socket | undefined;

  constructor(paths: FifoPaths) {
    this.#paths = paths;
    if (isElsewhere(paths)) return;
    this.stdout = this.#reader(paths.stdout);
    this.stderr = this.#reader(paths.stderr);
    this.stdin = this.#writer(paths.stdin);
  }

  /** The shim has opened its ends: when it closes them, ctr sees the end. */
  shimHasOpened(): void {
    for (const fd of this.#held) closeSync(fd);
    this.#held = [];
  }

  /** Lets go of everything. The pipes stay: the task goes on, and somebody may attach to it. */
  detach(): void {
    this.shimHasOpened();
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream?.destroy();
  }

  /** Lets go of everything, and takes the pipes away. */
  destroy(): void {
    this.detach();
    removeFifos(this.#paths);
  }

  #reader(path: string): Socket | undefined {
    if (path === "") return undefined;
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#held.push(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
    return new Socket({ fd, readable: true, writable: false });
  }

  /**
   * Also a reader, which reads nothing: a writer alone could not be opened before the shim is there, and what it writes before a genuine
   * shim has really opened its end would be lost (fifo(7)).
   */
  #writer(path: string): Socket | undefined {
    if (path === "") return undefined;
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    return new Socket({ fd, readable: false, writable: true });
  }
}
