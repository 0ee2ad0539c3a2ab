/**
 * How a created container waits: its init opens a fifo for writing, which blocks until somebody opens it for reading.
 *
 *     init                                     runc start
 *     open(exec.fifo, O_WRONLY)  …blocks…
 *                                ◀──────────── open(exec.fifo, O_RDONLY)
 *     write "0"  ──────────────────────────▶   read "0"
 *     becomes the program                      removes the fifo: it can't be started again
 *
 * Neither a signal nor a daemon is needed, and it survives the end of the `runc create` that started the init.
 */
import { chmodSync, closeSync, constants, existsSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { mkfifo } from "@eras/linux/fifo.ts";
import { AT_FDCWD, O_CLOEXEC, O_PATH, openat, openat2, RESOLVE_BENEATH, RESOLVE_NO_XDEV } from "@eras/linux/open.ts";
import { pidfdOpen } from "@eras/linux/pidfd.ts";
import { POLLIN, poll } from "@eras/linux/poll.ts";
import { mountProcesses, openProcRoot } from "@eras/linux/procfs.ts";
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import { step } from "../../step.ts";
import type { ChildEnd } from "../init/sync.ts";
import { withFd } from "../rootfs/inside-root.ts";

const NAME = "exec.fifo";
/** Whoever the container's user is, it may open it for writing. */
const MODE = 0o622;

/** Makes the fifo. @returns A descriptor that only names it, for the init, which can't see the path in the end. */
export function makeExecFifo(dir: string): number {
  const path = join(dir, NAME);
  mkfifo(path, MODE);
  chmodSync(path, MODE); // whatever the umask is
  return openat2(AT_FDCWD, path, { flags: O_PATH | O_CLOEXEC, resolve: 0 });
}

/** Whether the container has been created and not started. */
export function isWaiting(dir: string): boolean {
  return existsSync(join(dir, NAME));
}

/**
 * The init's view of its own descriptors: by it the fifo can be opened that is a mere name until then.
 *
 * Not the one in the host's /proc. While the init waits, others may be in the container, and find this directory among its descriptors; ".."
 * leads from there to the rest of that /proc.
 *
 * @param rootfs - Furnished, and not "/" yet.
 */
export function openOwnDescriptors(rootfs: string): number {
  return withFd(mountProcesses() ?? ownProc(rootfs), (proc) =>
    openat2(proc, "self/fd", { flags: constants.O_DIRECTORY, resolve: RESOLVE_BENEATH | RESOLVE_NO_XDEV }),
  );
}

function ownProc(rootfs: string): number {
  const path = join(rootfs, "proc");
  const proc = openProcRoot(path);
  if (proc === undefined)
    throw new Error(`Cannot wait for the start: ${path} is no proc filesystem, and no other can be mounted`);
  return proc;
}

/**
 * Tells runc that it may return, and blocks until the container is started.
 *
 * @param ownDescriptors - Of `openOwnDescriptors`.
 * @returns Answers `start`, which waits for it and then calls the hooks that follow ours.
 */
export function waitForStart(runc: ChildEnd, ownDescriptors: number, fifo: number): () => void {
  step("runc.wait-for-start");
  runc.tell({ kind: "waiting" });
  runc.close();
  const fd = openat(ownDescriptors, String(fifo), constants.O_WRONLY | O_CLOEXEC); // the filter may know no younger call
  return () => {
    writeSync(fd, "0");
    for (const each of [fd, fifo, ownDescriptors]) closeSync(each);
  };
}

/**
 * Lets the init go on.
 *
 * @param pid - The init: if it has ended, nobody would ever answer.
 * @throws {FailedPrecondition} When it has ended, or somebody else has started it.
 */
export function openFifo(dir: string, pid: number): void {
  step("runc.open-fifo", { pid });
  const path = join(dir, NAME);
  const process = openProcess(pid); // before the fifo, which lets the init go: it may have ended, and be reaped, a moment later
  const fifo = openReader(path);
  try {
    poll(
      [fifo, process].map((fd) => ({ fd, events: POLLIN })),
      Infinity,
    );
    if (readSync(fifo, Buffer.alloc(1)) === 0)
      throw new FailedPrecondition("cannot start a container that has stopped");
    rmSync(path, { force: true });
  } catch (error) {
    if (!isErrno(error, "EAGAIN")) throw error;
    throw new FailedPrecondition("cannot start a container that has stopped", { cause: error });
  } finally {
    closeSync(fifo);
    closeSync(process);
  }
}

function openReader(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // does not wait for the init, which may be gone
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    throw new FailedPrecondition("cannot start an already running container", { cause: error });
  }
}

function openProcess(pid: number): number {
  try {
    return pidfdOpen(pid);
  } catch (error) {
    if (!isErrno(error, "ESRCH", "EINVAL")) throw error;
    throw new FailedPrecondition("cannot start a container that has stopped", { cause: error });
  }
}
