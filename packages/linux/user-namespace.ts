/**
 * User namespaces: ids and capabilities that hold only inside. Root in there is an ordinary user outside.
 *
 * The kernel lets only a process of one thread make or join one, and Node has several. So util-linux's `unshare` and `nsenter` do
 * it, and the rest of the container is born inside, because whoever mounts needs capabilities in the user namespace that owns the
 * mount namespace:
 *
 *     this process                     createUserNamespace(…)
 *      ├ unshare --user cat              holds the namespace open; ids are mapped from outside, by us
 *      └ nsenter --user=…                joins it as its root …
 *        = unshare --mount --pid --fork  … becomes this, and makes the other namespaces inside
 *           └ node init                  PID 1
 *
 * @see https://man7.org/linux/man-pages/man7/user_namespaces.7.html
 */
import { closeSync, readSync, writeFileSync, writeSync } from "node:fs";
import { spawnChild } from "./exec.ts";
import { type NamespaceKind, namespacePath } from "./namespaces.ts";
import { pipe } from "./pipe.ts";

/** `size` ids, from `containerId` up inside, are those from `hostId` up outside. */
export interface IdMapping {
  readonly containerId: number;
  readonly hostId: number;
  readonly size: number;
}

/** A user namespace that is held open. */
export interface UserNamespace {
  /** For `nsenterCommand` and for mounts with mapped ids. */
  readonly path: string;
  /** Lets it go: it lives on as long as a process is in it. */
  close(): void;
}

/** What util-linux's `unshare` and `nsenter` both call the kinds. */
const OPTIONS: Readonly<Record<NamespaceKind, string>> = {
  user: "--user",
  mnt: "--mount",
  uts: "--uts",
  ipc: "--ipc",
  pid: "--pid",
  net: "--net",
  cgroup: "--cgroup",
  time: "--time",
};

/**
 * Makes a user namespace with these ids.
 *
 * @throws {Error} When `unshare` fails (its message is on stderr); {ErrnoError} ENOENT when there is no `unshare`.
 * @throws EINVAL (of `node:fs`) for mappings that overlap.
 */
export function createUserNamespace(uids: readonly IdMapping[], gids: readonly IdMapping[]): UserNamespace {
  const input = pipe();
  const output = pipe();
  const holder = spawnChild("unshare", ["--user", "--", "cat"], { stdio: [input.readEnd, output.writeEnd, "inherit"] });
  closeSync(input.readEnd);
  closeSync(output.writeEnd);
  const close = () => closeSync(input.writeEnd); // cat reads the end of its input, and ends
  try {
    waitForEcho(input.writeEnd, output.readEnd);
    writeIdMaps(holder.pid, uids, gids);
  } catch (error) {
    close();
    throw error;
  } finally {
    closeSync(output.readEnd);
  }
  return { path: namespacePath(holder.pid, "user"), close };
}

/** An answer from `cat` says that `unshare` has done its work and become it. */
function waitForEcho(inputFd: number, outputFd: number): void {
  writeSync(inputFd, "\n");
  if (readSync(outputFd, Buffer.alloc(1)) === 0) throw new Error("Cannot make a user namespace: unshare failed");
}

/**
 * Tells which ids the user namespace of a process knows. Can be done once, by a privileged process of the parent namespace.
 *
 * @throws EPERM (of `node:fs`) when they are set already; EINVAL for mappings that overlap.
 */
export function writeIdMaps(pid: number, uids: readonly IdMapping[], gids: readonly IdMapping[]): void {
  writeFileSync(`/proc/${pid}/uid_map`, idMap(uids)); // each in one write, which the kernel demands
  writeFileSync(`/proc/${pid}/gid_map`, idMap(gids));
}

function idMap(mappings: readonly IdMapping[]): string {
  return mappings.map(({ containerId, hostId, size }) => `${containerId} ${hostId} ${size}\n`).join("");
}

/**
 * The command that runs `command` in new namespaces. With `pid` a process stays outside, passes the exit status on, and takes PID 1
 * with it when it is killed.
 *
 * @see https://man7.org/linux/man-pages/man1/unshare.1.html
 */
export function unshareCommand(kinds: readonly NamespaceKind[], command: readonly string[]): string[] {
  const fork = kinds.includes("pid") ? ["--fork", "--kill-child"] : [];
  return ["unshare", ...kinds.map((kind) => OPTIONS[kind]), ...fork, "--", ...command];
}

/**
 * The command that runs `command` in existing namespaces, each given as a path or by a process that is in it. With `user` it runs
 * as that namespace's root. It is the way into `user` and `time` namespaces, which `joinNamespace` can't join.
 *
 * @see https://man7.org/linux/man-pages/man1/nsenter.1.html
 */
export function nsenterCommand(
  namespaces: Readonly<Partial<Record<NamespaceKind, string | number>>>,
  command: readonly string[],
): string[] {
  const options = (Object.entries(namespaces) as [NamespaceKind, string | number][]).map(
    ([kind, pathOrPid]) => `${OPTIONS[kind]}=${namespacePath(pathOrPid, kind)}`,
  );
  return ["nsenter", ...options, "--", ...command];
}
