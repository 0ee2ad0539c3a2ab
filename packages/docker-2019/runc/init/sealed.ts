/**
 * runc's own program, Node, out of the container's reach.
 *
 * A forked init is a running Node. A hostile image whose command is `/proc/self/exe`, or a process in the container that looks at /proc/PID/exe
 * of an `exec` that enters it, holds that file in its hands, and its root may be the host's. So bin/runc-2019 starts Node from a read-only
 * mount in a mount namespace made for that alone:
 *
 *     bin/runc-2019        unshare ─▶ bind mount of Node, read-only, on itself ─▶ execve of Node
 *     leaveSealingNamespace             back to the namespace of the caller: the mount is without a place, and in use as long as Node runs
 *
 * Whatever name the container has for it, it can't write to it. (runc copied itself into memory at first, and now does the same.) That is
 * root's way; an ordinary user's is in seal-for-user.ts.
 *
 * @see https://nvd.nist.gov/vuln/detail/CVE-2019-5736
 */
import { accessSync, closeSync, constants, statSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { CLONE_FS, CLONE_NEWNS, setns, unshare } from "@eras/linux/namespaces.ts";

/** In which bin/runc-2019 tells the descriptor of the caller's mount namespace. */
const VARIABLE = "ERAS_HOST_MOUNTS";

/** Whether Node runs from such a mount, until {@link leaveSealingNamespace} is called. */
export function isSealed(): boolean {
  return process.env[VARIABLE] !== undefined;
}

/** Call first thing, on the main thread. What other threads of Node see does not matter: all files are read synchronously here. */
export function leaveSealingNamespace(): void {
  const fd = Number(process.env[VARIABLE]);
  delete process.env[VARIABLE];
  if (!fd) return;
  const directory = process.cwd();
  unshare(CLONE_FS); // a thread can't change its mount namespace while others share its root
  setns(fd, CLONE_NEWNS);
  closeSync(fd);
  process.chdir(directory); // setns has led us to "/"
}

/**
 * Call in a command that starts a process in a container, before anything is made or opened: runc may start once more.
 *
 * @param preserveFds - `--preserve-fds`.
 */
export async function ensureSealed(preserveFds = 0): Promise<void> {
  if (!isProgramWritable()) return;
  const { restartSealed } = await import("./seal-for-user.ts");
  const { inheritedListenFds } = await import("../process/environment.ts");
  restartSealed(inheritedListenFds(process.env, process.pid) + preserveFds);
}

const OWN_PROGRAM = "/proc/self/exe";

/** Whether our user may write Node, or may allow it to himself. On a read-only mount he can neither (EROFS). */
function isProgramWritable(): boolean {
  try {
    accessSync(OWN_PROGRAM, constants.W_OK);
    return true;
  } catch (error) {
    return isErrno(error, "EACCES") && statSync(OWN_PROGRAM).uid === process.geteuid!();
  }
}
