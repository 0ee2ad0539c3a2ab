/**
 * What each kernel call of a trace does to the world: the one table.
 *
 * A trace has a call's arguments, not what its descriptors stand for. A setns(2) therefore goes home, if the process is away in that kind
 * of namespace, and otherwise to the one made last: so do all programs here. A mount on `/proc/self/fd/N` is where its step says.
 */
import type { ShownEvent } from "../recorded-run.ts";
import type { NamespaceKind, Process, World } from "./world.ts";

/** A call that the kernel has done. */
export interface Done {
  readonly world: World;
  readonly process: Process;
  readonly event: ShownEvent;
  /** The step that it is a part of. */
  readonly step: ShownEvent | undefined;
}

type Effect = (done: Done) => void;

export const MOUNT_FLAGS = {
  ro: 1, nosuid: 2, nodev: 4, noexec: 8, remount: 32, bind: 4096, rec: 16384, private: 1 << 18, slave: 1 << 19, shared: 1 << 20,
} as const; // biome-ignore format: a table

const NAMESPACE_FLAGS: readonly (readonly [NamespaceKind, number])[] = [
  ["time", 0x80], ["mnt", 0x20000], ["cgroup", 0x2000000], ["uts", 0x4000000],
  ["ipc", 0x8000000], ["user", 0x10000000], ["pid", 0x20000000], ["net", 0x40000000],
]; // biome-ignore format: a table

/** A path that says nothing without the process. */
const DESCRIPTOR = "/proc/self/fd/";

const PR_CAPBSET_DROP = 24;
const PR_SET_CHILD_SUBREAPER = 36;
const PR_SET_NO_NEW_PRIVS = 38;

export const CALLS: Readonly<Record<string, Effect>> = {
  unshare: ({ world, process, event }) => {
    for (const kind of kindsOf(number(event, 0))) {
      if (kind === "pid") process.childPidNamespace = world.newNamespace(kind);
      else process.namespaces.set(kind, world.newNamespace(kind));
    }
  },
  clone: ({ world, process, event }) => {
    const child = world.born(Number(event.args?.result), process.pid);
    for (const kind of kindsOf(number(event, 0))) child.namespaces.set(kind, world.newNamespace(kind));
  },
  setns: ({ world, process, event }) => {
    for (const kind of kindsOf(number(event, 1))) enter(world, process, kind);
  },
  execve: ({ world, process, event }) => {
    const path = text(event, 0);
    if (!path.startsWith(DESCRIPTOR)) process.program = path.split("/").at(-1) ?? "";
    if (!process.isIntroduced) process.name = process.program;
    world.changed.add(`process ${process.pid}`);
  },
  mount: (done) => {
    const { event } = done;
    const flags = number(event, 3);
    const isOfPropagation = (flags & (MOUNT_FLAGS.private | MOUNT_FLAGS.slave | MOUNT_FLAGS.shared)) !== 0;
    if (isOfPropagation || (flags & MOUNT_FLAGS.remount) !== 0) return;
    attach(done, { source: text(event, 0), target: text(event, 1), type: text(event, 2), flags, data: text(event, 4) });
  },
  umount2: ({ world, process, event }) => {
    const [namespace, target] = [process.namespaces.get("mnt") ?? "", text(event, 0)];
    world.changed.add(`mount ${target}`);
    const at = world.mounts.findLastIndex((mount) => mount.namespace === namespace && mount.target === target);
    if (at >= 0) world.mounts = world.mounts.toSpliced(at, 1);
  },
  pivot_root: ({ world, process }) => {
    const namespace = process.namespaces.get("mnt") ?? "";
    world.newRoots.add(namespace);
    world.changed.add(`root ${namespace}`);
  },
  open_tree: ({ process, event }) => void process.mountFds.set(Number(event.args?.result), text(event, 1)),
  fsopen: ({ process, event }) => void process.mountFds.set(Number(event.args?.result), text(event, 0)),
  fsmount: ({ process, event }) =>
    void process.mountFds.set(Number(event.args?.result), process.mountFds.get(number(event, 0)) ?? ""),
  move_mount: (done) => {
    const source = done.process.mountFds.get(number(done.event, 0)) ?? "";
    attach(done, { source, target: DESCRIPTOR, type: "", flags: MOUNT_FLAGS.bind, data: "" });
  },
  sethostname: ({ world, process, event }) => {
    const namespace = process.namespaces.get("uts") ?? "";
    world.hostnames.set(namespace, text(event, 0));
    world.changed.add(`ns ${namespace}`);
  },
  prctl: ({ world, process, event }) => {
    const [option, value] = [number(event, 0), number(event, 1)];
    if (option === PR_CAPBSET_DROP) process.dropped.add(value);
    if (option === PR_SET_CHILD_SUBREAPER) process.isSubreaper = value === 1;
    if (option === PR_SET_NO_NEW_PRIVS) process.noNewPrivs = true;
    world.changed.add(`process ${process.pid}`);
  },
  seccomp: ({ world, process }) => {
    process.isFiltered = true;
    world.changed.add(`process ${process.pid}`);
  },
};

function enter(world: World, process: Process, kind: NamespaceKind): void {
  const newest = world.newestNamespace(kind);
  world.changed.add(`process ${process.pid}`);
  if (kind === "pid") process.childPidNamespace = newest ?? "";
  else if (process.namespaces.has(kind)) process.namespaces.delete(kind);
  else if (newest) process.namespaces.set(kind, newest);
}

function attach({ world, process, step }: Done, mount: Omit<Done["world"]["mounts"][number], "namespace">): void {
  const target = placeOf(mount.target, mount.source, step);
  world.mounts = [...world.mounts, { ...mount, target, namespace: process.namespaces.get("mnt") ?? "" }];
  world.changed.add(`mount ${target}`);
}

/** Where something is mounted, by its step's arguments, if the call has a descriptor: `{…}` is one of these, a path that isn't there is left out. */
function placeOf(target: string, source: string, step: ShownEvent | undefined): string {
  if (!target.startsWith(DESCRIPTOR)) return target;
  const named = step?.args?.target ?? step?.args?.destination;
  if (Array.isArray(step?.args?.paths)) return `{${step.args.paths.join(", ")}}`;
  if (typeof named !== "string") return "…";
  if (source.startsWith(`${named}/`))
    return source.startsWith("/sys/") ? source.split("/").slice(0, 5).join("/") : source;
  return named;
}

function kindsOf(flags: number): NamespaceKind[] {
  return NAMESPACE_FLAGS.filter(([, flag]) => (flags & flag) !== 0).map(([kind]) => kind);
}

function argument({ args }: ShownEvent, index: number): unknown {
  return Array.isArray(args?.args) ? args.args[index] : undefined;
}

function number(event: ShownEvent, index: number): number {
  const value = Number(argument(event, index));
  return Number.isNaN(value) ? 0 : value;
}

function text(event: ShownEvent, index: number): string {
  const value = argument(event, index);
  return typeof value === "string" ? value : "";
}
