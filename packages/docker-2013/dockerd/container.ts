/**
 * A container: the record of what to run, on what, and how it went.
 *
 *     create ──▶ start ──▶ (monitor) ──▶ stopped ──▶ start …
 *                  └ stop, kill ──┘
 *
 * It is kept in config.json, in the era's spelling; its outputs and the process that carries it live as long as the daemon does.
 */
import { closeSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Writable } from "node:stream";
import { isErrno } from "@eras/linux/errno.ts";
import { kill } from "@eras/linux/signals.ts";
import type { Winsize } from "@eras/linux/tty.ts";
import { traceSpan } from "@eras/trace/context.ts";
import type { Union } from "../aufs/mount.ts";
import { step } from "../step.ts";
import { sync, writeFileAtomic } from "./atomic-write.ts";
import { Filesystem, type FilesystemRecord } from "./filesystem.ts";
import type { Lxc, LxcProcess } from "./lxc.ts";
import { generateLxcConfig } from "./lxc-template.ts";
import { monitor } from "./monitor.ts";
import { State, type StateRecord, UNKNOWN_EXIT_CODE } from "./state.ts";
import { openStdio, type Stdio } from "./stdio.ts";
import { WriteBroadcaster } from "./write-broadcaster.ts";

export interface Config {
  readonly Hostname: string;
  /** Limit of memory in bytes; 0 for none. No command sets it yet. */
  readonly Ram: number;
  readonly Tty: boolean;
  readonly OpenStdin: boolean;
}

/** What config.json holds, in the era's spelling. */
export interface ContainerRecord {
  /** 8 hex digits. */
  readonly Id: string;
  readonly Root: string;
  readonly Created: string;
  readonly Path: string;
  readonly Args: readonly string[];
  readonly Config: Config;
  readonly Filesystem: FilesystemRecord;
  readonly State: StateRecord;
}

/** What containers stand on: the program that starts them, and the file system that stacks their layers. */
export interface Substrate {
  readonly lxc: Lxc;
  readonly union: Union;
}

/** What the commands add about a container, in a file of its own: userdata.json. */
export interface UserData {
  /** Id of the image. */
  readonly image: string;
  readonly comment: string;
}

/** How long `stop` lets a container end by itself. */
const STOP_TIMEOUT_MS = 10_000;
const SIGTERM = 15;
const SIGKILL = 9;

export class Container implements ContainerRecord {
  readonly Id: string;
  readonly Root: string;
  readonly Created: string;
  readonly Path: string;
  readonly Args: readonly string[];
  readonly Config: Config;
  readonly Filesystem: Filesystem;
  readonly State: State;
  readonly lxcConfigPath: string;
  readonly stdout = new WriteBroadcaster();
  readonly stderr = new WriteBroadcaster();
  readonly #lxc: Lxc;
  /** From now on nobody starts it: who removes a container may have to wait for its end, and so may a `restart`. */
  isBeingRemoved = false;
  #stdio: Stdio | undefined;
  /** Settled while the container is stopped. */
  #ended: Promise<void> = Promise.resolve();

  constructor(record: ContainerRecord, { lxc, union }: Substrate) {
    this.Id = record.Id;
    this.Root = record.Root;
    this.Created = record.Created;
    this.Path = record.Path;
    this.Args = record.Args;
    this.Config = record.Config;
    this.Filesystem = new Filesystem(record.Filesystem, union);
    this.State = new State(record.State);
    this.lxcConfigPath = join(record.Root, "config.lxc");
    this.#lxc = lxc;
  }

  /** Reads what `save` wrote. @throws {Error} When there is no config.json in `root`, or it is broken. */
  static load(root: string, substrate: Substrate): Container {
    const container = new Container(JSON.parse(readFileSync(configPath(root), "utf8")), substrate);
    if (container.Root !== root) throw new Error(`it is about another container: ${container.Root}`);
    container.#restoreFiles();
    return container;
  }

  /** Makes the directories and files. config.json comes last: without it the container does not exist. */
  createFiles(userData: UserData): void {
    mkdirSync(this.Root, { mode: 0o700 });
    this.Filesystem.createMountPoints();
    this.#writeLxcConfig();
    writeFileAtomic(userDataPath(this.Root), JSON.stringify(userData), { mode: 0o700, durable: false });
    this.save();
  }

  #writeLxcConfig(): void {
    const { Hostname, Ram } = this.Config;
    writeFileSync(this.lxcConfigPath, generateLxcConfig({ Hostname, Ram, RootFS: this.Filesystem.RootFS }));
  }

  /** A loss of power leaves empty what nobody waited for: an attached container's files. lxc-start would take that for "all as the host". */
  #restoreFiles(): void {
    if (isEmpty(this.lxcConfigPath)) this.#writeLxcConfig();
    const path = userDataPath(this.Root);
    const unknown: UserData = { image: "", comment: "" };
    if (isEmpty(path)) writeFileAtomic(path, JSON.stringify(unknown), { mode: 0o700, durable: false });
  }

  /** @param options - `durable`: all of the container's files are on disk when this returns. */
  save({ durable = false } = {}): void {
    if (durable) for (const path of [userDataPath(this.Root), this.lxcConfigPath, dirname(this.Root)]) sync(path);
    writeFileAtomic(configPath(this.Root), JSON.stringify(this), { mode: 0o700, durable });
  }

  /** What is stored, and shown by `inspect`. */
  toJSON(): ContainerRecord {
    const { Id, Root, Created, Path, Args, Config, Filesystem, State } = this;
    return { Id, Root, Created, Path, Args, Config, Filesystem, State };
  }

  get userData(): UserData {
    return JSON.parse(readFileSync(userDataPath(this.Root), "utf8"));
  }

  /** Why nobody can attach, if so. */
  get unattachable(): string | undefined {
    if (!this.State.Running)
      return `The container ${this.Id} is not running: "docker logs ${this.Id}" shows what it printed`;
    if (this.State.isGhost) return `The container ${this.Id} is a ghost: it outlived the daemon that could hear it`;
    return undefined;
  }

  /** Feeds the container, if it runs and its stdin is open. */
  get stdin(): Writable | undefined {
    return this.State.Running ? this.#stdio?.stdin : undefined;
  }

  /** Runs lxc-start and returns; the monitor does the rest. @throws {Error} When it runs already, or can't be started. */
  start(): void {
    step("dockerd.start", { Id: this.Id });
    if (this.isBeingRemoved) throw new Error(`The container ${this.Id} is being removed`);
    if (this.State.Running) throw new Error(`The container ${this.Id} is already running`);
    this.Filesystem.ensureMounted();
    const stdio = openStdio(this.Config);
    const process = this.#exec(stdio);
    this.State.setRunning(process.pid);
    this.#stdio = stdio;
    this.#ended = traceSpan("monitor", () => monitor(this, process.exited, this.#lxc, stdio));
    try {
      this.save();
    } catch (error) {
      this.#signal(SIGKILL); // what can't be recorded (a full disk) must not run
      throw error;
    }
  }

  #exec(stdio: Stdio) {
    try {
      return this.#lxc.start(this, stdio.child);
    } catch (error) {
      stdio.stdout.destroy();
      stdio.stderr?.destroy();
      stdio.stdin?.destroy();
      this.Filesystem.umount();
      throw error;
    } finally {
      for (const fd of new Set(stdio.child)) closeSync(fd); // the child has them now: else no output would end
    }
  }

  /** Takes charge of a container of an earlier daemon; `ghost` is its lxc-start, if that still runs. */
  restoreState(ghost: LxcProcess | undefined): void {
    if (ghost) {
      this.State.setGhost(ghost.pid);
      this.#ended = monitor(this, ghost.exited, this.#lxc);
    } else if (this.State.Running) {
      this.State.setStopped(UNKNOWN_EXIT_CODE);
      this.save();
    }
  }

  /** Resolves to the exit code when the container does not run (any more). */
  async wait(): Promise<number> {
    await this.#ended;
    return this.State.ExitCode;
  }

  /** Asks the container to end; kills it if it has not within ten seconds. Resolves when it has. */
  async stop(): Promise<void> {
    if (!this.State.Running) return;
    this.#signal(SIGTERM);
    const timeout = setTimeout(() => this.#signal(SIGKILL), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timeout);
  }

  /** Ends the container at once. Resolves when it has. */
  async kill(): Promise<void> {
    this.#signal(SIGKILL);
    await this.#ended;
  }

  /** Gives the container's terminal, if it has one, a new size. */
  resize(size: Winsize): void {
    if (this.State.Running) this.#stdio?.resize?.(size);
  }

  #signal(signal: number): void {
    try {
      if (this.State.Running) kill(this.State.Pid, signal);
    } catch (error) {
      if (!isErrno(error, "ESRCH")) throw error; // it has ended; the monitor is about to say so
    }
  }
}

const configPath = (root: string) => join(root, "config.json");
const isEmpty = (path: string) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0;
const userDataPath = (root: string) => join(root, "userdata.json");
