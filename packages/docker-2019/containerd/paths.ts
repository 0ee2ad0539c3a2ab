/**
 * Where containerd keeps its things. The names are those of the original's plugins, each of which has a directory of its own:
 *
 *     <root>/                                     outlives a reboot: /var/lib/docker-eras/2019/containerd
 *     ├─ io.containerd.metadata.v1.lmdb/          the database of names, labels, leases …
 *     ├─ io.containerd.content.v1.content/        blobs and unfinished writes
 *     ├─ io.containerd.snapshotter.v1.NAME/       overlayfs, native, btrfs
 *     ├─ io.containerd.runtime.v2.task/NS/ID/     what a shim may keep
 *     ├─ io.containerd.grpc.v1.introspection/
 *     │  └─ uuid                                  made once
 *     ├─ lock                                     held while a containerd uses all this
 *     └─ tmp/  tmpmounts/                         for a moment
 *
 *     <state>/                                    gone after a reboot: /run/docker-eras/2019/containerd
 *     ├─ containerd.sock                          gRPC, for clients
 *     ├─ containerd.sock.ttrpc                    ttrpc, for shims that tell of events
 *     └─ io.containerd.runtime.v2.task/NS/ID/     a bundle for each task
 */
import { join } from "node:path";

export const DEFAULT_ROOT = "/var/lib/docker-eras/2019/containerd";
export const DEFAULT_STATE = "/run/docker-eras/2019/containerd";
export const DEFAULT_ADDRESS = `${DEFAULT_STATE}/containerd.sock`;

/** Programs that `ctr install` has put there, shims and runtimes, lie in its `bin`: the original's own. */
export const OPT_DIR = "/opt/containerd";

/** The file of the database. */
export function metadataPath(root: string): string {
  return join(root, "io.containerd.metadata.v1.lmdb", "metadata.mdb");
}

export function contentDir(root: string): string {
  return join(root, "io.containerd.content.v1.content");
}

/** @param name - `overlayfs`, `native`, `btrfs`. */
export function snapshotterDir(root: string, name: string): string {
  return join(root, `io.containerd.snapshotter.v1.${name}`);
}

export function uuidPath(root: string): string {
  return join(root, "io.containerd.grpc.v1.introspection", "uuid");
}

/** For files that are soon over; what is left there is of a containerd that was killed. */
export function temporaryDir(root: string): string {
  return join(root, "tmp");
}

/** Where containerd mounts what it unpacks or compares, for that time. */
export function temporaryMountsDir(root: string): string {
  return join(root, "tmpmounts");
}
