/**
 * The kernel's objects at a moment of a run, as far as the run's events tell: processes, namespaces, mounts, cgroups.
 *
 * It is made anew from the run's beginning for each moment, so that going back needs no undoing.
 */
import type { ShownEvent } from "../recorded-run.ts";
import { CALLS } from "./calls.ts";
import { changeObject } from "./objects.ts";
import { isBeforeProgram } from "./run-model.ts";

/** From the outermost to the innermost, as they are drawn. */
export const NAMESPACE_KINDS = ["user", "cgroup", "time", "net", "ipc", "uts", "mnt", "pid"] as const;
export type NamespaceKind = (typeof NAMESPACE_KINDS)[number];

export interface Process {
  readonly pid: number;
  parent: number;
  /** Of its actor, from when it has said who it is; before and after that, of the program that it runs. */
  name: string;
  program: string;
  isIntroduced: boolean;
  isAlive: boolean;
  /** Ids of namespaces that aren't the host's: `mnt 2`. */
  readonly namespaces: Map<NamespaceKind, string>;
  /** Its children will be born in this one. */
  childPidNamespace?: string;
  isSubreaper: boolean;
  /** Who got it when its parent had ended. */
  adoptedBy?: number;
  /** It has become the user's program, of which nothing is traced. */
  isUsers: boolean;
  cgroup?: string;
  readonly dropped: Set<number>;
  isFiltered: boolean;
  noNewPrivs: boolean;
  /** What its descriptors of mounts stand for. */
  readonly mountFds: Map<number, string>;
}

export interface Mount {
  /** Of the mount namespace; empty for the host's. */
  readonly namespace: string;
  readonly target: string;
  readonly source: string;
  readonly type: string;
  readonly flags: number;
  readonly data: string;
}

export interface Cgroup {
  readonly id: string;
  readonly limits: readonly (readonly [string, string])[];
  /** What the kernel has counted until its end; absent before. */
  readonly counted?: Readonly<Record<string, unknown>>;
}

/** A cable between the host's bridge and a container. */
export interface Link {
  /** The host's end: `veth1a2b3c4`. */
  readonly id: string;
  readonly bridge: string;
  readonly gateway: string;
  /** The container's end: `eth0`. */
  readonly inside: string;
  readonly address: string;
  readonly hardwareAddress: string;
  /** Where that one is: `net 1`. */
  readonly namespace: string | undefined;
  /** What has passed until it was taken out; absent before. */
  readonly counted?: Readonly<Record<"fromContainer" | "toContainer", Traffic>>;
}

export interface Traffic {
  readonly packets?: number;
  readonly bytes?: number;
}

/** A rule of the packet filter, as `iptables -A` takes it. */
export interface FilterRule extends Traffic {
  readonly table: string;
  readonly rule: string;
}

export class World {
  readonly processes = new Map<number, Process>();
  mounts: Mount[] = [];
  readonly cgroups = new Map<string, Cgroup>();
  /** By UTS namespace. */
  readonly hostnames = new Map<string, string>();
  /** Mount namespaces whose root has been changed. */
  readonly newRoots = new Set<string>();
  readonly links = new Map<string, Link>();
  rules: readonly FilterRule[] = [];
  /** What the last event has changed: `process 12`, `ns mnt 2`, `mount /proc`, `cgroup /x`, `netdev veth1`, `rule X`. */
  changed = new Set<string>();
  readonly #counts = new Map<NamespaceKind, number>();

  /** The process, as a copy of the one that made it. */
  born(pid: number, parent: number): Process {
    const maker = this.processes.get(parent);
    const process: Process = {
      pid,
      parent,
      name: maker?.name ?? "",
      program: maker?.program ?? "",
      isIntroduced: false,
      isAlive: true,
      namespaces: new Map(maker?.namespaces),
      isSubreaper: false,
      isUsers: false,
      dropped: new Set(maker?.dropped),
      isFiltered: maker?.isFiltered ?? false,
      noNewPrivs: maker?.noNewPrivs ?? false,
      mountFds: new Map(maker?.mountFds),
      ...(maker?.cgroup !== undefined && { cgroup: maker.cgroup }),
    };
    if (maker?.childPidNamespace) process.namespaces.set("pid", maker.childPidNamespace);
    this.processes.set(pid, process);
    this.changed.add(`process ${pid}`);
    return process;
  }

  newNamespace(kind: NamespaceKind): string {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    this.changed.add(`ns ${kind} ${count}`);
    return `${kind} ${count}`;
  }

  /** The namespace of that kind that was made last. */
  newestNamespace(kind: NamespaceKind): string | undefined {
    const count = this.#counts.get(kind);
    return count === undefined ? undefined : `${kind} ${count}`;
  }

  /** Ends a process: its children go to the next ancestor that takes orphans in. */
  end(process: Process): void {
    process.isAlive = false;
    this.changed.add(`process ${process.pid}`);
    const adopter = this.#adopter(process);
    for (const child of this.processes.values()) {
      if (child.parent !== process.pid || !child.isAlive) continue;
      if (adopter === undefined && child.isUsers) this.end(child);
      child.parent = adopter ?? 1;
      child.adoptedBy = adopter ?? 1;
      this.changed.add(`process ${child.pid}`);
    }
  }

  #adopter({ parent }: Process): number | undefined {
    const ancestor = this.processes.get(parent);
    if (!ancestor) return undefined;
    return ancestor.isAlive && ancestor.isSubreaper ? ancestor.pid : this.#adopter(ancestor);
  }
}

/** The world after the event at `index`. */
export function worldAt(events: readonly ShownEvent[], index: number): World {
  const world = new World();
  const lives = new Lives(events);
  for (let i = 0; i <= index; i++) {
    world.changed = new Set();
    happen(world, events, i, lives);
  }
  return world;
}

/** What is known of processes from the whole run: the last word of each, and who speaks at all. */
class Lives {
  readonly last = new Map<number, number>();
  readonly speaks = new Set<number>();
  readonly born = new Set<number>();

  constructor(events: readonly ShownEvent[]) {
    events.forEach(({ pid, kind, name, args }, i) => {
      this.last.set(pid, i);
      if (kind === "begin") this.speaks.add(pid);
      if (args?.argv !== undefined) this.born.add(pid);
      if (kind === "kernel" && name === "clone") this.born.add(Number(args?.result));
    });
  }
}

function happen(world: World, events: readonly ShownEvent[], i: number, lives: Lives): void {
  const event = events[i]!;
  const process = world.processes.get(event.pid) ?? world.born(event.pid, event.ppid);
  endSilent(world, event, lives);
  if (event.kind === "begin" && event.name === event.actor) introduce(world, process, event);
  if (event.kind === "kernel" && event.args?.errno === undefined) {
    CALLS[event.name]?.({ world, process, event, step: stepAround(events, i) });
  }
  if (event.object) changeObject({ world, process, event });
  if (typeof event.args?.status === "number") endOf(world, Number(event.args.pid));
  if (i === lives.last.get(event.pid) && lives.speaks.has(event.pid)) lastWord(world, process, events, i, lives);
}

/** A process says who it is. Who has made it knows better whose child it is: its maker may have ended meanwhile. */
function introduce(world: World, process: Process, { actor, ppid }: ShownEvent): void {
  if (process.name !== actor) world.changed.add(`process ${process.pid}`);
  process.name = actor;
  process.isIntroduced = true;
  if (!world.processes.has(process.parent)) process.parent = ppid;
}

/** A process that was made to start another, and never speaks, is gone when its maker goes on. */
function endSilent(world: World, { pid, kind }: ShownEvent, { speaks }: Lives): void {
  if (kind === "kernel") return;
  for (const process of world.processes.values()) {
    if (process.parent === pid && process.isAlive && !speaks.has(process.pid) && !process.isUsers) world.end(process);
  }
}

function endOf(world: World, pid: number): void {
  const process = world.processes.get(pid);
  if (process?.isAlive) world.end(process);
}

/** After its last word a program of ours has ended, or has become another by execve. Daemons were there before, and stay. */
function lastWord(world: World, process: Process, events: readonly ShownEvent[], i: number, lives: Lives): void {
  if (!lives.born.has(process.pid)) return;
  if (!isBeforeProgram(events, i) || process.namespaces.size === 0) {
    world.end(process);
    return;
  }
  process.isUsers = true;
  process.name = process.program;
  world.changed.add(`process ${process.pid}`);
}

/** The step that a kernel call is a part of: the last one of its span. */
function stepAround(events: readonly ShownEvent[], i: number): ShownEvent | undefined {
  const { span } = events[i]!;
  return events.slice(0, i).findLast((event) => event.kind === "point" && event.span === span);
}
