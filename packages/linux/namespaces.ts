/**
 * Namespaces: what a process can see. A process has one namespace of each of eight kinds:
 *
 *     kind     its own copy of                     a new one holds for          joined by setns from Node
 *     mnt      mounts                              the caller                   yes, after unshare(CLONE_FS)
 *     uts      host name                           the caller                   yes
 *     ipc      System V IPC, POSIX queues          the caller                   yes
 *     net      devices, addresses, ports           the caller                   yes
 *     cgroup   the root of /proc/PID/cgroup        the caller                   yes
 *     pid      process numbers                     children born from now on    yes, for children
 *     time     boot and monotonic clocks           children born from now on    no: EUSERS \  the kernel wants a process of one
 *     user     ids and capabilities                the caller                   no: EINVAL /  thread, and Node has several
 *
 * The last two are entered through util-linux's `nsenter`, and a user namespace is also made by its `unshare`: see
 * user-namespace.ts. "The caller" is a thread: call from the main thread, and only synchronous calls see the effect.
 *
 * @see https://man7.org/linux/man-pages/man7/namespaces.7.html
 */
import { closeSync, openSync, readlinkSync } from "node:fs";
import { libcFunction } from "./libc.ts";

/** Working directory, root and umask: shared by the threads of a process. */
export const CLONE_FS = 0x0000_0200;
export const CLONE_NEWTIME = 0x0000_0080;
export const CLONE_NEWNS = 0x0002_0000;
export const CLONE_NEWCGROUP = 0x0200_0000;
export const CLONE_NEWUTS = 0x0400_0000;
export const CLONE_NEWIPC = 0x0800_0000;
export const CLONE_NEWUSER = 0x1000_0000;
export const CLONE_NEWPID = 0x2000_0000;
export const CLONE_NEWNET = 0x4000_0000;

/** The flag of each kind of namespace, by its name in /proc/PID/ns. */
export const NAMESPACE_FLAGS = {
  mnt: CLONE_NEWNS,
  uts: CLONE_NEWUTS,
  ipc: CLONE_NEWIPC,
  pid: CLONE_NEWPID,
  net: CLONE_NEWNET,
  user: CLONE_NEWUSER,
  cgroup: CLONE_NEWCGROUP,
  time: CLONE_NEWTIME,
} as const;

export type NamespaceKind = keyof typeof NAMESPACE_FLAGS;

const unshareFunction = libcFunction<[number]>("int unshare(int flags)");
const setnsFunction = libcFunction<[number, number]>("int setns(int fd, int nstype)");

/**
 * Moves the calling thread into new namespaces. Children of `child_process.spawn` are forked from the main thread, so they are
 * born there; the first child after CLONE_NEWPID is PID 1 of its namespace.
 *
 * @param flags - CLONE_NEW… flags, or CLONE_FS, or'ed together.
 * @throws {ErrnoError} EPERM without CAP_SYS_ADMIN; EINVAL for CLONE_NEWUSER, because Node has threads.
 * @see https://man7.org/linux/man-pages/man2/unshare.2.html
 */
export function unshare(flags: number): void {
  unshareFunction(flags);
}

/**
 * Moves the calling thread into the namespace that `fd` refers to.
 *
 * @param fd - An open /proc/PID/ns file, or a pidfd; with a pidfd, `flags` may name several kinds at once.
 * @param flags - The kind that is expected, or 0 for any.
 * @throws {ErrnoError} EINVAL for another kind, and for CLONE_NEWNS while other threads share our CLONE_FS.
 * @see https://man7.org/linux/man-pages/man2/setns.2.html
 */
export function setns(fd: number, flags: number): void {
  setnsFunction(fd, flags);
}

/**
 * Moves the calling thread into an existing namespace.
 *
 * After `mnt`, "/" and the working directory are the root of the joined namespace. After `pid`, children are born in it; the
 * caller stays where it is.
 *
 * @param pathOrPid - A file such as /run/netns/web, or a process whose namespace it is.
 * @throws {ErrnoError} For `user` and `time`, which a threaded process can't join: EINVAL, EUSERS.
 */
export function joinNamespace(pathOrPid: string | number, kind: NamespaceKind): void {
  const fd = openSync(namespacePath(pathOrPid, kind), "r");
  try {
    if (kind === "mnt") unshare(CLONE_FS); // a thread can't change its root while others share it
    setns(fd, NAMESPACE_FLAGS[kind]);
  } finally {
    closeSync(fd);
  }
}

/** The file that stands for a namespace: `pathOrPid` itself if it is a path, else /proc/PID/ns/KIND. */
export function namespacePath(pathOrPid: string | number, kind: NamespaceKind): string {
  return typeof pathOrPid === "string" ? pathOrPid : `/proc/${pathOrPid}/ns/${kind}`;
}

/**
 * Names a process's namespace, such as `net:[4026531840]`: two processes share a namespace exactly if the names are equal.
 *
 * `"self"` is the main thread's, which after `unshare` is the caller's. A `pid` or `time` namespace that was unshared holds only
 * for children, and so does not show here.
 */
export function namespaceId(pid: number | "self", kind: NamespaceKind): string {
  return readlinkSync(`/proc/${pid}/ns/${kind}`);
}
