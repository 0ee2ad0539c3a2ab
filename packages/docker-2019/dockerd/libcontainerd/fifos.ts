/**
 * A process's standard streams between the shim and dockerd: named pipes, which dockerd makes, reads and writes.
 *
 *     <exec-root>/containerd/<container>/
 *     ├─ init-stdin           dockerd ─▶ shim       with -i alone
 *     ├─ init-stdout          shim ─▶ dockerd
 *     ├─ init-stderr          shim ─▶ dockerd       not with a terminal, which has one output
 *     └─ <exec id>-stdout …   the same for an exec
 *
 * A pipe that has had no writer yet looks ended. So dockerd also holds the shim's ends until the shim has opened its own.
 */
import { closeSync, constants, existsSync, mkdirSync, openSync, rmdirSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { dirname, join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { mkfifo } from "@eras/linux/fifo.ts";
import { setPipeSize } from "@eras/linux/pipe.ts";
import { step } from "../../step.ts";

/** What is printed while dockerd does something else: sixteen times the kernel's default, and its maximum for users. */
const OUTPUT_PIPE_BYTES = 1 << 20;
const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/** Which streams a process has. */
export interface StreamsWanted {
  readonly stdin: boolean;
  readonly terminal: boolean;
}

/** As Tasks/Create and Tasks/Exec take them: a path, or empty where there is none. */
export interface FifoPaths {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly terminal: boolean;
}

/** The paths of a process's pipes. @param process - `init`, or an exec's id. */
export function fifoPaths(dir: string, process: string, { stdin, terminal }: StreamsWanted): FifoPaths {
  const path = (stream: string) => join(dir, `${process}-${stream}`);
  return {
    stdin: stdin ? path("stdin") : "",
    stdout: path("stdout"),
    stderr: terminal ? "" : path("stderr"),
    terminal,
  };
}

/** dockerd's ends of a process's streams. */
export class ProcessStreams {
  readonly paths: FifoPaths;
  readonly stdin: Socket | undefined;
  readonly stdout: Socket;
  readonly stderr: Socket | undefined;
  #held: number[] = [];

  private constructor(paths: FifoPaths) {
    this.paths = paths;
    this.stdin = paths.stdin === "" ? undefined : writer(paths.stdin);
    this.stdout = this.#reader(paths.stdout);
    this.stderr = paths.stderr === "" ? undefined : this.#reader(paths.stderr);
  }

  /** Makes the pipes in a directory, and opens them. */
  static make(dir: string, process: string, wanted: StreamsWanted): ProcessStreams {
    step("dockerd.make-pipes", { dir, process });
    const paths = fifoPaths(dir, process, wanted);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const path of pathsOf(paths)) {
      rmSync(path, { force: true }); // of a dockerd that was killed
      mkfifo(path, 0o700);
    }
    return new ProcessStreams(paths);
  }

  /** Opens the pipes of a process that an earlier dockerd has started; undefined if there are none any more. */
  static reopen(dir: string, process: string, wanted: StreamsWanted): ProcessStreams | undefined {
    const paths = fifoPaths(dir, process, wanted);
    if (!pathsOf(paths).every((path) => existsSync(path))) return undefined;
    const streams = new ProcessStreams(paths);
    streams.shimHasOpened();
    return streams;
  }

  /** The shim has its ends: when it closes them, dockerd sees the end. */
  shimHasOpened(): void {
    for (const fd of this.#held) closeSync(fd);
    this.#held = [];
  }

  /** Lets go of everything, and takes the pipes away, with their directory if no other process has any there. */
  destroy(): void {
    this.shimHasOpened();
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream?.destroy();
    for (const path of pathsOf(this.paths)) rmSync(path, { force: true });
    removeIfEmpty(dirname(this.paths.stdout));
  }

  #reader(path: string): Socket {
    const fd = openSync(path, O_RDONLY | O_NONBLOCK);
    enlarge(fd);
    this.#held.push(openSync(path, O_WRONLY | O_NONBLOCK));
    return new Socket({ fd, readable: true, writable: false }).on("error", () => {}); // "close" follows
  }
}

/** So that what many small writes have brought is read at once. A host may allow a user so much and no more. */
function enlarge(fd: number): void {
  try {
    setPipeSize(fd, OUTPUT_PIPE_BYTES);
  } catch (error) {
    if (!isErrno(error, "EPERM")) throw error;
  }
}

function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch (error) {
    if (!isErrno(error, "ENOTEMPTY", "ENOENT")) throw error;
  }
}

function pathsOf({ stdin, stdout, stderr }: FifoPaths): string[] {
  return [stdin, stdout, stderr].filter((path) => path !== "");
}

/** Also a reader, which reads nothing: a writer alone could not be opened before the shim is there: fifo(7). */
function writer(path: string): Socket {
  const fd = openSync(path, O_RDWR | O_NONBLOCK);
  return new Socket({ fd, readable: false, writable: true }).on("error", () => {});
}
