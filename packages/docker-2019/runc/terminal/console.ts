/**
 * The terminal of a container.
 *
 *     caller ◀── console socket: the master, by SCM_RIGHTS ── init ── /dev/ptmx, /dev/pts of the container
 *       copies keys and text                                   standard input, output, error, /dev/console: the slave
 *
 * The init opens it inside, so that the slave has a name there (tty(1) works). From then on the master is the caller's, who sets
 * the size and carries what is typed.
 */
import { closeSync, constants, fchmodSync, fstatSync, openSync } from "node:fs";
import { dup2 } from "@eras/linux/descriptors.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { sendFds } from "@eras/linux/fd-passing.ts";
import { moveMount, OPEN_TREE_CLONE, openTree } from "@eras/linux/mount-fd.ts";
import { AT_EMPTY_PATH, AT_FDCWD, O_PATH, openat2, RESOLVE_NO_MAGICLINKS } from "@eras/linux/open.ts";
import { openpty, type Pty, setControllingTerminal, setWindowSize } from "@eras/linux/tty.ts";
import type { Box } from "@eras/oci-spec/runtime/config.ts";
import { step } from "../../step.ts";

/** The name of the master, which goes with it as the message's data. */
const MASTER_NAME = "/dev/ptmx";
const CONSOLE = "/dev/console";
/** Major 5, minor 2: Linux's Documentation/admin-guide/devices.txt. */
const PTMX_DEVICE = 0x502;
/** `moveMount`: the target is the descriptor itself. */
const MOVE_MOUNT_EMPTY_PATHS = 0x44;

/** How to set up a terminal. */
export interface ConsoleSetup {
  /** Connected; who is at the other end gets the master. */
  readonly socketFd: number;
  readonly size?: Box | undefined;
  /** Also as /dev/console, which `exec` leaves to the first process. */
  readonly mount: boolean;
}

/**
 * Opens a terminal in the container, sends its master away, and makes it ours. Call with the container's root as "/", after setsid(2).
 *
 * @throws {Error} When the container has no devpts, or when the caller is gone.
 */
export function setUpConsole({ socketFd, size, mount }: ConsoleSetup): void {
  step("runc.open-console", { size, mount });
  const pty = openConsole(size);
  if (mount) mountConsole(pty.slave);
  sendConsole(socketFd, pty.master);
  const opened = openAgain(pty.slave);
  takeConsole(opened);
  for (const fd of new Set([pty.master, pty.slave, opened, socketFd])) closeSync(fd);
}

function openConsole(size: Box | undefined): Pty {
  const pty = openpty(MASTER_NAME);
  const { rdev } = fstatSync(pty.master);
  if (rdev !== PTMX_DEVICE) throw new Error(`Cannot open a terminal: ${MASTER_NAME} is not a multiplexer of terminals`);
  if (size?.height && size.width) setWindowSize(pty.master, { rows: size.height, columns: size.width });
  return pty;
}

/** Binds the slave by its descriptor, so that what lies at its path does not matter. Nothing is mounted over a symbolic link. */
function mountConsole(slave: number): void {
  makeConsoleFile();
  const tree = openTree(slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
  const target = openat2(AT_FDCWD, CONSOLE, { flags: O_PATH | constants.O_NOFOLLOW, resolve: RESOLVE_NO_MAGICLINKS });
  try {
    moveMount(tree, "", target, "", MOVE_MOUNT_EMPTY_PATHS);
  } finally {
    closeSync(target);
    closeSync(tree);
  }
}

function makeConsoleFile(): void {
  try {
    const fd = openSync(CONSOLE, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOCTTY, 0o666);
    fchmodSync(fd, 0o666); // whatever the umask is
    closeSync(fd);
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  }
}

/**
 * The slave as open(2) gives it, for whoever asks fcntl(2) for its flags: TIOCGPTPEER leaves one among them that tells of execve. A container
 * need not have a /proc; then it stays as it is.
 */
function openAgain(slave: number): number {
  try {
    return openSync(`/proc/self/fd/${slave}`, constants.O_RDWR | constants.O_NOCTTY);
  } catch (error) {
    if (isErrno(error, "ENOENT", "EACCES", "EPERM")) return slave;
    throw error;
  }
}

/** Sends the master to whom the console socket leads. There is no reply. */
function sendConsole(socketFd: number, master: number): void {
  sendFds(socketFd, [master], Buffer.from(MASTER_NAME));
}

/** Makes the slave standard input, output and error, and the terminal that controls this session. */
function takeConsole(slave: number): void {
  for (const fd of [0, 1, 2]) dup2(slave, fd);
  setControllingTerminal(0);
}
