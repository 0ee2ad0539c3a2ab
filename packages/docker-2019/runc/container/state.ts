/**
 * What runc remembers of a container between two commands, for runc is no daemon:
 *
 *     <root>/<id>/          0711
 *     ├─ state.json         0600, replaced as a whole
 *     └─ exec.fifo          while the container is created and not started: exec-fifo.ts
 *
 * The file has the shape that runc's has where others read it (cAdvisor looks for cgroup_paths), and the whole of config.json, so that
 * later commands don't depend on the bundle.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { makeDirectories } from "@eras/linux/make-directories.ts";
import { AlreadyExists, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { parseJson, stringifyJson } from "@eras/oci-spec/exact-json.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { userRoot } from "../rootless.ts";

/** state.json. */
export interface ContainerState {
  readonly id: string;
  /** As the host sees it; 0 until there is one. */
  readonly init_process_pid: number;
  /** In ticks since boot: a process with another start is another process with the same number. */
  readonly init_process_start: number;
  /** RFC 3339, with nanoseconds. */
  readonly created: string;
  readonly config: {
    readonly rootfs: string;
    readonly hostname: string;
    /** `bundle=DIR`, and the annotations as `KEY=VALUE`. */
    readonly labels: readonly string[];
    readonly cgroups: {
      /** `linux.cgroupsPath` of config.json; empty if it has none. */
      readonly path: string;
      /** It is a unit of systemd: of the user's if it is rootless. */
      readonly Systemd: boolean;
      /** Whose trees the user may not touch is done without. */
      readonly Rootless: boolean;
    };
  };
  /** Started by a user who isn't root. */
  readonly rootless: boolean;
  readonly cgroup_paths: Readonly<Record<string, string>>;
  /** By kind, as runc spells them: `{"NEWPID": "/proc/123/ns/pid"}`. */
  readonly namespace_paths: Readonly<Record<string, string>>;
  /** What descriptors 0, 1 and 2 of the container's process were when it was created. */
  readonly external_descriptors: readonly string[];
  readonly intel_rdt_path: string;
  readonly bundle: string;
  readonly spec: Spec;
}

const STATE_FILE = "state.json";
const DIRECTORY_MODE = 0o711;
const MAX_ID_LENGTH = 1024;
const ID_EXISTS = "container with given ID already exists";

/** The directory of a container. @throws {InvalidArgument} When that is no name for one. */
export function stateDir(root: string, id: string): string {
  if (id === "") throw new InvalidArgument("container id cannot be empty");
  if (id.length > MAX_ID_LENGTH || !/^[\w+\-.]+$/.test(id) || id === "." || id === "..") {
    throw new InvalidArgument("invalid container ID format");
  }
  return join(root, id);
}

/** @throws {AlreadyExists} When there is a container of this name. If two try at once, `makeStateDir` tells the later one. */
export function checkIsNew(root: string, id: string): void {
  if (existsSync(stateDir(root, id))) throw new AlreadyExists(ID_EXISTS);
}

/** Makes the directory of a new container: only one of two who try at once can. @throws {AlreadyExists} */
export function makeStateDir(root: string, id: string): string {
  const dir = stateDir(root, id);
  makeDirectories(root, 0o700);
  if (root === userRoot()) chmodSync(root, 0o1700); // the sticky bit: cleaners of XDG_RUNTIME_DIR pass it over
  const umask = process.umask(0);
  try {
    mkdirSync(dir, { mode: DIRECTORY_MODE });
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    throw new AlreadyExists(ID_EXISTS, { cause: error });
  } finally {
    process.umask(umask);
  }
  return dir;
}

/** Writes the state so that a reader, or a crash, finds either the old or the new one. */
export function writeState(dir: string, state: ContainerState): void {
  const temporary = join(dir, `.${STATE_FILE}.${process.pid}`);
  writeFileSync(temporary, stringifyJson(state), { mode: 0o600 }); // whole, or not at all: a full disk takes a part of a write
  renameSync(temporary, join(dir, STATE_FILE));
}

/** @throws {NotFound} When there is no such container. */
export function readState(dir: string): ContainerState {
  try {
    return parseJson(readFileSync(join(dir, STATE_FILE), "utf8")) as ContainerState; // what writeState has written
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
    throw new NotFound("container does not exist", { cause: error });
  }
}

/** Forgets a container. */
export function removeStateDir(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
}

/** All containers below a root, by name; none if it isn't there. */
export function containerIds(root: string): string[] {
  try {
    const entries = readdirSync(root, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
