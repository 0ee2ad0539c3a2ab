/**
 * A container, as dockerd knows it: what it was asked for, what has become of it, and who listens.
 *
 *     <data-root>/containers/<id>/      0710
 *     ├─ config.v2.json                 all but the next
 *     └─ hostconfig.json                what is this host's affair
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "@eras/oci-spec/digest.ts";
import type { keepRun } from "@eras/trace/context.ts";
import type { ContainerConfig, HostConfig } from "../../engine-api/container-config.ts";
import { step } from "../../step.ts";
import { writeFileAtomic } from "../atomic-write.ts";
import type { MountPoint } from "../config/mount-points.ts";
import { State, type StateRecord } from "./state.ts";
import { StreamConfig } from "./stream-config.ts";

/** config.v2.json. */
export interface ContainerRecord {
  readonly ID: string;
  readonly Created: string;
  readonly Path: string;
  readonly Args: readonly string[];
  readonly Config: ContainerConfig;
  readonly Image: Digest;
  readonly Driver: string;
  readonly OS: string;
  readonly LogPath: string;
  Name: string;
  MountPoints: Readonly<Record<string, MountPoint>>;
  RestartCount: number;
  /** By `docker stop` or `docker kill`, whatever came of it: `unless-stopped` leaves it alone. */
  HasBeenManuallyStopped: boolean;
  HasBeenStartedBefore: boolean;
  State: StateRecord;
  /** By which its network was known when it was last started; stays when it has ended. */
  LastSandbox?: { readonly SandboxID: string; readonly SandboxKey: string };
}

const DIRECTORY_MODE = 0o710;
const RECORD = "config.v2.json";
const HOST_CONFIG = "hostconfig.json";

export class Container {
  readonly dir: string;
  readonly record: ContainerRecord;
  readonly state: State;
  hostConfig: HostConfig;
  readonly streams = new StreamConfig();
  /** Held by a start: what ends or removes the container waits until it is known whether it runs. */
  readonly lock = new Lock();
  /** Somebody has told it to end: no policy starts it again. */
  isToldToEnd = false;
  /** `docker restart` ends it: it stays, whatever it was made for. */
  isRestartedByHand = false;
  /** Does what its end asks for, as a part of the run that has started it: where that is traced, start.ts says how. */
  inRunOfStart: ReturnType<typeof keepRun> = (work) => work();
  #savedHostConfig: string | undefined;

  private constructor(dir: string, record: ContainerRecord, hostConfig: HostConfig) {
    this.dir = dir;
    this.state = new State(record.State);
    this.record = { ...record, State: this.state.record };
    this.hostConfig = hostConfig;
  }

  /** A new one, with its directory, not yet saved. */
  static create(parent: string, record: ContainerRecord, hostConfig: HostConfig): Container {
    step("dockerd.make-container-directory", { parent, mode: DIRECTORY_MODE.toString(8) });
    const dir = join(parent, record.ID);
    mkdirSync(dir, { recursive: true, mode: DIRECTORY_MODE });
    return new Container(dir, record, hostConfig);
  }

  /** Whether a directory has a container in it, and not what is left of one that was being made or removed when dockerd was killed. */
  static isAt(dir: string): boolean {
    return existsSync(join(dir, RECORD));
  }

  /** One that an earlier dockerd has saved. @throws {Error} When its record can't be read. */
  static load(dir: string): Container {
    const read = (name: string) => JSON.parse(readFileSync(join(dir, name), "utf8"));
    return new Container(dir, read(RECORD) as ContainerRecord, read(HOST_CONFIG) as HostConfig);
  }

  get id(): string {
    return this.record.ID;
  }

  /** Without the slash that stands before it in records. */
  get name(): string {
    return this.record.Name.slice(1);
  }

  get config(): ContainerConfig {
    return this.record.Config;
  }

  get logPath(): string {
    return this.record.LogPath;
  }

  /** Writes all that is known of it; returns when it is on the disk. */
  save(): void {
    const hostConfig = JSON.stringify(this.hostConfig);
    if (hostConfig !== this.#savedHostConfig) writeFileAtomic(join(this.dir, HOST_CONFIG), hostConfig, 0o644);
    this.#savedHostConfig = hostConfig; // it hardly ever changes, and each write waits for the disk
    writeFileAtomic(join(this.dir, RECORD), JSON.stringify(this.record));
  }

  /** The record goes first: without it there is no container. A log may be large: the daemon does not wait for the disk. */
  async removeDirectory(): Promise<void> {
    rmSync(join(this.dir, RECORD), { force: true });
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** One at a time, in the order in which they came. */
export class Lock {
  #last: Promise<unknown> = Promise.resolve();

  hold<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves when those who came before have done. */
  async released(): Promise<void> {
    await this.#last;
  }
}
