/**
 * The seal of sealed.ts for somebody who is not root, and owns the Node that he runs: his container's root is himself, so that a hostile
 * process in it could write what he could.
 *
 * He may not mount. But root of a new user namespace may, if only there; and a mount that has no place in any namespace can be handed on:
 *
 *     runc ── fork ──▶ child: unshare(user, mount), open_tree(Node), read-only
 *          ◀── fd ──── the mount
 *     execve(/proc/self/fd/…): runc starts once more, now from the read-only mount
 *
 * It costs a second start of Node. Where Node is root's, as where it was installed for all users, none of it is needed.
 */
import { closeSync, readFileSync } from "node:fs";
import { execve } from "@eras/linux/exec.ts";
import { recvFds, sendFds, socketpair } from "@eras/linux/fd-passing.ts";
import { _exit, fork } from "@eras/linux/fork.ts";
import { MOUNT_ATTR_RDONLY, mountSetattr, OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE, openTree } from "@eras/linux/mount-fd.ts";
import { CLONE_NEWNS, CLONE_NEWUSER, unshare } from "@eras/linux/namespaces.ts";
import { AT_EMPTY_PATH, AT_FDCWD } from "@eras/linux/open.ts";
import { waitpid } from "@eras/linux/wait.ts";
import { handOnDescriptors } from "./descriptors.ts";

/** Says that this is the second start. */
const VARIABLE = "ERAS_SEALED";

/**
 * Starts runc once more, sealed.
 *
 * @param preservedFds - From descriptor 3 on, how many the second runc is to find as this one did.
 * @throws {Error} When it can't be done: then nothing may be started in a container.
 */
export function restartSealed(preservedFds: number): never {
  if (process.env[VARIABLE]) throw new Error(`Cannot seal ${process.execPath}: it can still be written`);
  const sealed = readOnlyMount(process.execPath);
  handOnDescriptors(preservedFds);
  const words = readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(0, -1);
  return execve(`/proc/self/fd/${sealed}`, words, { ...process.env, [VARIABLE]: "1" });
}

function readOnlyMount(path: string): number {
  const [ours, theirs] = socketpair();
  const child = fork();
  if (child === 0) sendMount(theirs, path);
  closeSync(theirs);
  const { fds, data } = recvFds(ours, 1);
  closeSync(ours);
  waitpid(child);
  const [mount] = fds;
  if (mount === undefined) throw new Error(`Cannot seal ${path}, which you could write: ${data}`);
  return mount;
}

/** In the child. Sends the mount, or why there is none. */
function sendMount(socket: number, path: string): never {
  try {
    unshare(CLONE_NEWUSER | CLONE_NEWNS);
    const mount = openTree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    mountSetattr(mount, "", AT_EMPTY_PATH, { set: MOUNT_ATTR_RDONLY });
    sendFds(socket, [mount], Buffer.from("sealed"));
  } catch (error) {
    sendFds(socket, [], Buffer.from((error as Error).message));
  }
  _exit(0);
}
