/**
 * Network namespaces that dockerd makes itself, and keeps by a mount: `<exec-root>/netns/<first 12 of the sandbox's ID>`.
 *
 * The original's containers are born with a namespace of the runtime's making, and a hook in config.json has the runtime call dockerd to
 * furnish it. Here the namespace is there, and furnished, before the runtime starts, and config.json names its path. That saves a program
 * start for each container, works with every runtime, and what fails, fails before there is a container. A namespace made so belongs to the
 * host's user namespace. A container with one of its own (userns-remap) would not be root over it, so its namespace is made by the runtime
 * and furnished between containerd's Create and Start, by `/proc/<pid>/ns/net`.
 *
 * Namespaces are a thread's. All of this is synchronous, and when it is over the main thread is at home again.
 */
import { closeSync, existsSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { MNT_DETACH, MS_BIND, mount, umount } from "@eras/linux/mount.ts";
import { CLONE_NEWNET, joinNamespace, setns, unshare } from "@eras/linux/namespaces.ts";
import { setLink } from "@eras/linux/netlink/links.ts";

/** The main thread's: what /proc/thread-self is on it. */
const OWN = "/proc/self/ns/net";

/** Where one is kept. @param id - Of the sandbox; undefined: the host's own. */
export function namespacePath(dir: string, id: string | undefined): string {
  return join(dir, id === undefined ? "default" : id.slice(0, 12));
}

/** Makes a namespace in which nothing but loopback is, and that is up. @param path - A new file, in a directory that is there. */
export function createNetworkNamespace(path: string): void {
  closeSync(openSync(path, "w", 0o444));
  atHomeAfterwards(() => {
    unshare(CLONE_NEWNET);
    setLink("lo", { up: true });
    mount(OWN, path, null, MS_BIND, null);
  });
}

/** Keeps a namespace that somebody else has made. @param path - A new file; one that is there is left as it is. */
export function keepNetworkNamespace(path: string, pid: number): void {
  if (existsSync(path)) return;
  closeSync(openSync(path, "w", 0o444));
  mount(`/proc/${pid}/ns/net`, path, null, MS_BIND, null);
}

/** Takes the mount away. The namespace goes with the last process in it. */
export function removeNetworkNamespace(path: string): void {
  try {
    umount(path, MNT_DETACH);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "EINVAL")) throw error; // a daemon that was killed has not got as far
  }
  rmSync(path, { force: true });
}

/**
 * Calls `work` in a network namespace.
 *
 * @param work - Synchronous. What it opens below /proc/sys/net is of that namespace too.
 */
export function inNetworkNamespace<T>(path: string, work: () => T): T {
  return atHomeAfterwards(() => {
    joinNamespace(path, "net");
    return work();
  });
}

function atHomeAfterwards<T>(work: () => T): T {
  const home = openSync(OWN, "r");
  try {
    return work();
  } finally {
    setns(home, CLONE_NEWNET);
    closeSync(home);
  }
}
