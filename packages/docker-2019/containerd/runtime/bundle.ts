/**
 * A task's directory: all that its shim is given, and all that is left of it when containerd comes back after a restart.
 *
 *     <state>/io.containerd.runtime.v2.task/<namespace>/<id>/     0700; with user namespaces 0710, for the group of the container's root
 *     ├─ config.json        the container's spec, byte for byte
 *     ├─ rootfs/            where the shim mounts the snapshot
 *     ├─ work ─▶            <root>/io.containerd.runtime.v2.task/<namespace>/<id>, which outlives a reboot
 *     ├─ checkpoint/        what it is restored from, if it is
 *     ├─ log                a FIFO: what the shim has to say
 *     ├─ address            where the shim listens; written by it
 *     └─ shim-binary-path   which shim it is
 *
 * @see https://github.com/containerd/containerd/blob/v1.6.20/runtime/v2/bundle.go
 */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { mkfifo } from "@eras/linux/fifo.ts";
import { MNT_DETACH, umount } from "@eras/linux/mount.ts";
import { isMountPoint } from "@eras/linux/mountinfo.ts";
import { AlreadyExists } from "@eras/oci-spec/errdefs.ts";
import type { LinuxIDMapping } from "@eras/oci-spec/runtime/config-linux.ts";
import { step } from "../../step.ts";
import { validateIdentifier } from "../identifiers.ts";

const DIRECTORY = "io.containerd.runtime.v2.task";
const SHIM_BINARY = "shim-binary-path";
/** Begins the name of what is being deleted; no task's id begins with it. */
const HIDDEN = ".";

/** Where bundles lie: below containerd's two directories. */
export interface BundlePaths {
  readonly root: string;
  readonly state: string;
}

export class Bundle {
  readonly namespace: string;
  readonly id: string;
  readonly path: string;
  readonly #workPath: string;

  private constructor(paths: BundlePaths, namespace: string, id: string) {
    this.namespace = namespace;
    this.id = id;
    this.path = join(paths.state, DIRECTORY, namespace, id);
    this.#workPath = join(paths.root, DIRECTORY, namespace, id);
  }

  /** Makes a bundle. @throws {AlreadyExists} @throws {InvalidArgument} When that is no name for one. */
  static create(paths: BundlePaths, namespace: string, id: string, spec: Uint8Array): Bundle {
    step("containerd.make-bundle", { namespace, id });
    validateIdentifier(id);
    const bundle = new Bundle(paths, namespace, id);
    mkdirSync(dirname(bundle.path), { recursive: true, mode: 0o711 });
    bundle.#makeDirectory();
    try {
      bundle.#openToRoot(spec);
      rmSync(bundle.#workPath, { recursive: true, force: true });
      mkdirSync(bundle.#workPath, { recursive: true, mode: 0o711 });
      symlinkSync(bundle.#workPath, join(bundle.path, "work"));
      mkdirSync(bundle.rootfsDir, { mode: 0o711 });
      writeFileSync(join(bundle.path, "config.json"), spec, { mode: 0o666 });
      mkfifo(bundle.logFifo, 0o700);
      return bundle;
    } catch (error) {
      bundle.delete();
      throw error;
    }
  }

  /** A bundle that an earlier containerd has made. */
  static load(paths: BundlePaths, namespace: string, id: string): Bundle {
    return new Bundle(paths, namespace, id);
  }

  get rootfsDir(): string {
    return join(this.path, "rootfs");
  }

  get checkpointDir(): string {
    return join(this.path, "checkpoint");
  }

  get logFifo(): string {
    return join(this.path, "log");
  }

  /** Where the shim listens, if it has said so. */
  get address(): string | undefined {
    return this.#read("address");
  }

  /** The program that serves it, if it was noted. */
  get shimBinary(): string | undefined {
    return this.#read(SHIM_BINARY);
  }

  set shimBinary(path: string) {
    writeFileSync(join(this.path, SHIM_BINARY), path, { mode: 0o600 });
  }

  /** Removes it: first out of sight, so that a restart in the middle doesn't take the rest for a task. */
  delete(): void {
    if (isMountPoint(this.rootfsDir)) umount(this.rootfsDir, MNT_DETACH);
    const hidden = join(dirname(this.path), `${HIDDEN}${this.id}`);
    try {
      renameSync(this.path, hidden);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
    rmSync(hidden, { recursive: true, force: true });
    rmSync(this.#workPath, { recursive: true, force: true });
  }

  #makeDirectory(): void {
    try {
      mkdirSync(this.path, { mode: 0o700 });
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      throw new AlreadyExists(`task ${this.id}: already exists`, { cause: error });
    }
  }

  /** Root of the container, if that is somebody else on the host, has to get through to its rootfs. */
  #openToRoot(spec: Uint8Array): void {
    const gid = rootGroup(spec);
    if (gid === 0) return;
    chownSync(this.path, -1, gid);
    chmodSync(this.path, 0o710);
  }

  #read(name: string): string | undefined {
    try {
      return readFileSync(join(this.path, name), "utf8").trim();
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }
}

/** Which group of the host is root's in the container. */
function rootGroup(spec: Uint8Array): number {
  const { linux } = JSON.parse(Buffer.from(spec).toString()) as { linux?: { gidMappings?: readonly LinuxIDMapping[] } };
  return linux?.gidMappings?.find(({ containerID }) => containerID === 0)?.hostID ?? 0;
}

/** The bundles that earlier containerds have left. What a kill has left of a bundle's deletion is deleted first: call before any is made. */
export function findBundles(paths: BundlePaths): Bundle[] {
  const namespaces = [paths.state, paths.root].flatMap((path) => directoriesIn(join(path, DIRECTORY)));
  return [...new Set(namespaces)].flatMap((namespace) =>
    finishDeletions(paths, namespace).map((id) => Bundle.load(paths, namespace, id)),
  );
}

/** @returns The ids of those that nobody has begun to delete. */
function finishDeletions(paths: BundlePaths, namespace: string): string[] {
  const bundles = join(paths.state, DIRECTORY, namespace);
  const works = join(paths.root, DIRECTORY, namespace);
  const ids = directoriesIn(bundles);
  const whole = new Set(ids.filter((id) => !id.startsWith(HIDDEN)));
  const ofNobody = (id: string) => !whole.has(id);
  for (const id of ids.filter(ofNobody)) rmSync(join(bundles, id), { recursive: true });
  for (const id of directoriesIn(works).filter(ofNobody)) rmSync(join(works, id), { recursive: true });
  return [...whole];
}

function directoriesIn(dir: string): string[] {
  try {
    const entries = readdirSync(dir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
