/**
 * /dev/shm of containers that let others into their ipc namespace: a tmpfs of the host, bound into all of them. It lasts as long as its own
 * container runs.
 *
 *     --ipc shareable         <data-root>/containers/<id>/mounts/shm        --ipc private, none     nobody else's
 *     --ipc container:NAME    NAME's                                        --ipc host              the host's own
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { MNT_DETACH, MS_NODEV, MS_NOEXEC, MS_NOSUID, mount, umount } from "@eras/linux/mount.ts";
import { isMountPoint } from "@eras/linux/mountinfo.ts";
import { Unknown } from "@eras/oci-spec/errdefs.ts";
import { containerOf } from "../config/modes.ts";
import type { Container } from "../container/container.ts";
import type { Daemon } from "./daemon.ts";

const SHAREABLE = "shareable";
const HOST_SHM = "/dev/shm";
const DIRECTORY_MODE = 0o700;

/** Before a start. Does nothing for a container that shares nothing of its own. */
export function mountSharedMemory(daemon: Daemon, container: Container): void {
  const { dir, hostConfig } = container;
  if (hostConfig.IpcMode !== SHAREABLE) return;
  const path = ownPath(dir);
  mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
  if (isMountPoint(path)) return;
  const { uid, gid } = daemon.rootOf(container) ?? { uid: 0, gid: 0 };
  const data = `mode=1777,size=${hostConfig.ShmSize ?? 0},uid=${uid},gid=${gid}`;
  mount("shm", path, "tmpfs", MS_NOEXEC | MS_NOSUID | MS_NODEV, data);
}

/** After the end. */
export function unmountSharedMemory({ dir, hostConfig }: Container): void {
  if (hostConfig.IpcMode !== SHAREABLE) return;
  try {
    umount(ownPath(dir), MNT_DETACH);
  } catch (error) {
    if (!isErrno(error, "EINVAL", "ENOENT")) throw error; // it was not mounted
  }
}

/** Where a container that is being started has its shared memory from; undefined if it is nobody else's. @throws {Unknown} For a mode that is none; see `ipcDonor`. */
export function sharedMemoryOf(daemon: Daemon, { dir, hostConfig }: Container): string | undefined {
  const { IpcMode } = hostConfig;
  const donor = containerOf(IpcMode);
  if (donor !== undefined) return sharedMemoryOf(daemon, ipcDonor(daemon, donor));
  if (IpcMode === "host") return HOST_SHM;
  if (IpcMode === SHAREABLE) return ownPath(dir);
  if (!IpcMode || IpcMode === "private" || IpcMode === "none") return undefined;
  throw new Unknown(`Invalid IPC mode: ${IpcMode}`);
}

/**
 * The container whose ipc namespace another one wants to join.
 *
 * @throws {Unknown} When it doesn't run, or lets nobody in; {NotFound} when there is none.
 */
export function ipcDonor(daemon: Daemon, name: string): Container {
  const donor = daemon.containers.get(name);
  const problem = problemOf(daemon, donor);
  if (problem === undefined) return donor;
  throw new Unknown(`can't join IPC of container ${donor.id}: ${problem}`);
}

function problemOf(daemon: Daemon, donor: Container): string | undefined {
  const { id, state } = donor;
  if (!state.isRunning) return `container ${id} is not running`;
  if (state.isRestarting) return `Container ${id} is restarting, wait until the container is running`;
  const isShared = sharedMemoryOf(daemon, donor) !== undefined;
  return isShared ? undefined : "non-shareable IPC (hint: use IpcMode:shareable for the donor container)";
}

function ownPath(dir: string): string {
  return join(dir, "mounts/shm");
}
