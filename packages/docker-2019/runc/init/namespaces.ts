/**
 * The namespaces of a container: those of config.json are made new, or joined where a path is given. Kinds that it doesn't name are shared
 * with runc.
 *
 * Two forks lead into them, because some hold only for children:
 *
 *     runc ── fork ──▶ bootstrap            ── fork ──▶ init
 *                      user namespace first,            born in the PID and time namespaces
 *                      for it owns the others
 */
import { closeSync, openSync, writeFileSync } from "node:fs";
import { CLONE_NEWUSER, NAMESPACE_FLAGS, type NamespaceKind, setns, unshare } from "@eras/linux/namespaces.ts";
import { setDumpable } from "@eras/linux/prctl.ts";
import { setgroups, setresgid, setresuid } from "@eras/linux/thread-credentials.ts";
import type {
  Linux,
  LinuxNamespace,
  LinuxNamespaceType,
  LinuxTimeOffset,
} from "@eras/oci-spec/runtime/config-linux.ts";
import { step } from "../../step.ts";
import { errorText } from "../error-text.ts";

/** The specification's names, and the kernel's in /proc/PID/ns. */
export const KINDS: Readonly<Record<LinuxNamespaceType, NamespaceKind>> = {
  user: "user",
  pid: "pid",
  network: "net",
  mount: "mnt",
  ipc: "ipc",
  uts: "uts",
  cgroup: "cgroup",
  time: "time",
};

/** Whether the container has a namespace of this kind that is not runc's. */
export function hasNamespace({ namespaces = [] }: Linux, type: LinuxNamespaceType): boolean {
  return namespaces.some((namespace) => namespace.type === type);
}

/** Whether one of this kind is made for the container. */
export function hasNewNamespace({ namespaces = [] }: Linux, type: LinuxNamespaceType): boolean {
  return namespaces.some((namespace) => namespace.type === type && !namespace.path);
}

/**
 * Moves the calling process, which has one thread, into the container's namespaces; its next child is in all of them. It is in the
 * container's cgroup by then, which becomes the root of a new cgroup namespace.
 *
 * @param mapIds - Has the ids of a new user namespace mapped, from outside.
 */
export function enterNamespaces(linux: Linux, mapIds: () => void): void {
  step("runc.enter-namespaces", { namespaces: linux.namespaces });
  const { namespaces = [] } = linux;
  joinAll(namespaces.filter(({ path }) => path));
  const flags = namespaces.filter(({ path }) => !path).reduce((sum, { type }) => sum | NAMESPACE_FLAGS[KINDS[type]], 0);
  if (flags & CLONE_NEWUSER) enterNewUserNamespace(mapIds);
  unshareNamespaces(flags & ~CLONE_NEWUSER);
  if (linux.timeOffsets) setTimeOffsets(linux.timeOffsets);
}

/** All files are opened before the first namespace is joined: afterwards the paths may mean something else. */
function joinAll(namespaces: readonly LinuxNamespace[]): void {
  const opened = namespaces.map(({ type, path }) => ({ type, path: path!, fd: openNamespace(type, path!) }));
  opened.sort((a, b) => Number(b.type === "user") - Number(a.type === "user"));
  for (const { type, path, fd } of opened) {
    try {
      setns(fd, NAMESPACE_FLAGS[KINDS[type]]);
    } catch (error) {
      throw new Error(`failed to setns into ${type} namespace ${path}: ${errorText(error as NodeJS.ErrnoException)}`, {
        cause: error,
      });
    }
    closeSync(fd);
    if (type === "user") becomeRoot();
  }
}

function openNamespace(type: LinuxNamespaceType, path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw new Error(`failed to open ${type} namespace ${path}: ${errorText(error as NodeJS.ErrnoException)}`, {
      cause: error,
    });
  }
}

function unshareNamespaces(flags: number): void {
  try {
    if (flags !== 0) unshare(flags);
  } catch (error) {
    throw new Error(`failed to unshare namespaces: ${errorText(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}

/** The maps are written by runc, into files that belong to root while the process is not dumpable. */
function enterNewUserNamespace(mapIds: () => void): void {
  unshareNamespaces(CLONE_NEWUSER);
  setDumpable(true);
  mapIds();
  becomeRoot();
}

/** Root of the user namespace: what creates the others and furnishes the container. Groups can't be dropped where they may not be set. */
export function becomeRoot(): void {
  setresgid(0, 0, 0);
  setresuid(0, 0, 0);
  try {
    setgroups([]);
  } catch {
    // A rootless container: /proc/self/setgroups says "deny".
  }
}

/**
 * Each clock's offset in one line; the kernel wants it before the first child. Like the maps, the file is root's, the host's, while the process is
 * not dumpable, and `becomeRoot` has ended that.
 *
 * @see https://man7.org/linux/man-pages/man7/time_namespaces.7.html
 */
function setTimeOffsets(offsets: Readonly<Record<string, LinuxTimeOffset>>): void {
  const lines = Object.entries(offsets).map(([clock, { secs = 0, nanosecs = 0 }]) => `${clock} ${secs} ${nanosecs}\n`);
  setDumpable(true);
  writeFileSync("/proc/self/timens_offsets", lines.join(""));
  setDumpable(false);
}
