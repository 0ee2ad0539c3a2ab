/**
 * Starting a process in the container's namespaces: two forks, and the first part of the dialogue of sync.ts.
 *
 * The init becomes our child when the bootstrap, its parent, ends: for that we are a subreaper. When we end in our turn, it goes to whoever is
 * that above us, a shim or the system's init.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import type { Cgroup } from "@eras/cgroups/cgroup.ts";
import { writeControlFile } from "@eras/cgroups/control-file.ts";
import { v2DirOfProcess } from "@eras/cgroups/process-cgroups.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { _exit, fork, forkedPid, prepareFork, tryFork } from "@eras/linux/fork.ts";
import { setChildSubreaper } from "@eras/linux/prctl.ts";
import { kill } from "@eras/linux/signals.ts";
import { waitpid } from "@eras/linux/wait.ts";
import { endTracing, traceFds } from "@eras/trace/context.ts";
import type { TraceObject } from "@eras/trace/event.ts";
import { step } from "../../step.ts";
import { traceFork } from "../../tracing.ts";
import { errorText, failureText } from "../error-text.ts";
import { forgetLog, log } from "../log.ts";
import { ProgramError } from "./become-program.ts";
import { closeDescriptors } from "./descriptors.ts";
import { restoreWhatNodeChanged } from "./restore.ts";
import { type ChildEnd, openDialogue, type ParentEnd } from "./sync.ts";

const STDERR = 2;
const SIGKILL = 9;

/** What the two forked processes do. */
export interface Stages {
  /** Both are born there, or join it. */
  readonly cgroup?: Cgroup;
  /** Whose cgroup will do on v2, where theirs takes no processes. */
  readonly likePid?: number | undefined;
  /** In runc, for a cgroup that begins with a process: makes it around the bootstrap, which waits. */
  readonly admit?: ((pid: number) => Promise<void>) | undefined;
  /** From descriptor 3 on, the number of those that the program gets. */
  readonly preservedFds: number;
  /** Descriptors that the stages need, beside their end of the dialogue. */
  readonly keptFds: readonly number[];
  /** In the bootstrap: enters the namespaces in which the init is to be born. */
  enter(runc: ChildEnd): void;
  /** In the init: everything up to its becoming a program. */
  init(runc: ChildEnd): never;
  /** In runc, when the bootstrap asks for it. */
  mapIds?(pid: number): void;
}

/** What a process needs that is to be in a cgroup, and in namespaces that are there already. */
export type JoiningStages = Stages & { readonly cgroup: Cgroup };

/** The init, as runc holds it. It waits until it may `go`. */
export interface StartedInit {
  readonly pid: number;
  readonly dialogue: ParentEnd;
}

/**
 * Forks the bootstrap, which forks the init; both in `cgroup`.
 *
 * @throws {InitFailure} When the namespaces can't be entered. No process is left, then or after any other error.
 */
export async function startInit(stages: Stages): Promise<StartedInit> {
  setChildSubreaper(true);
  for (;;) {
    const started = await tryToStart(stages);
    if (started) return started;
  }
}

/**
 * The same in a cgroup that may be full: a limit of processes stops forks, and no moves. So runc moves the init there that two forks outside have
 * made, which takes 10 ms more. A new cgroup namespace could not be made that way, for its root is where the bootstrap is.
 */
export async function startJoiningInit(stages: JoiningStages): Promise<StartedInit> {
  try {
    return await startInit(stages);
  } catch (error) {
    if (!isErrno(error, "EAGAIN")) throw error;
    const { cgroup, ...outside } = stages;
    const init = await startInit(outside);
    moveInit(init, stages);
    return init;
  }
}

function moveInit({ pid, dialogue }: StartedInit, stages: JoiningStages): void {
  try {
    moveIntoCgroup(pid, stages);
  } catch (error) {
    dialogue.close();
    kill(pid, SIGKILL);
    waitpid(pid);
    throw error;
  }
}

function moveIntoCgroup(pid: number, { cgroup, likePid }: JoiningStages): void {
  try {
    cgroup.addProcess(pid);
  } catch (error) {
    if (!isErrno(error, "EBUSY") || likePid === undefined) throw error;
    writeControlFile(v2DirOfProcess(likePid), "cgroup.procs", pid);
  }
}

/** @returns Nothing when the init could not be forked whole: see `tryFork`. */
async function tryToStart(stages: Stages): Promise<StartedInit | undefined> {
  const { parent, child } = openDialogue();
  const bootstrap = stages.admit ? fork() : forkIntoCgroup(stages);
  if (bootstrap === 0) runBootstrap(child, stages);
  child.close();
  log("debug", `nsexec container setup: process ${bootstrap} enters the namespaces`);
  try {
    const pid = await awaitInit(parent, bootstrap, stages);
    if (pid !== undefined) log("debug", `child process in init(): process ${pid}`);
    if (pid !== undefined) return { pid, dialogue: parent };
    parent.close();
    return undefined;
  } catch (error) {
    parent.close(); // the bootstrap may wait for us
    throw error;
  } finally {
    waitpid(bootstrap);
  }
}

/**
 * The bootstrap becomes a member of the container's cgroup while it may, and its child is born there. On v2, by birth: see fork.ts; on v1 it
 * joins by itself, tree by tree.
 */
function forkIntoCgroup({ cgroup, likePid }: Stages): number {
  const v2Dir = cgroup?.paths[""];
  if (v2Dir === undefined) return fork();
  try {
    return forkInto(v2Dir);
  } catch (error) {
    if (!isErrno(error, "EBUSY", "EOPNOTSUPP")) throw error;
    if (likePid !== undefined) return forkInto(v2DirOfProcess(likePid)); // a container that divides its cgroup has moved its init to a part of it
    const reason = errorText(error as NodeJS.ErrnoException);
    throw new Error(`error adding pid 0 to cgroups: ${v2Dir}/cgroup.procs: ${reason}`, { cause: error }); // 0 is whoever joins
  }
}

function forkInto(v2Dir: string): number {
  const fd = openSync(v2Dir, "r");
  try {
    return fork(fd);
  } finally {
    closeSync(fd);
  }
}

function joinCgroup(cgroup: Cgroup, { admit }: Stages, runc: ChildEnd): void {
  step("runc.join-cgroup", { paths: cgroup.paths }, joinedCgroup(cgroup));
  if (admit) runc.ask({ kind: "admit" });
  else if (Object.keys(cgroup.paths).some((controller) => controller !== "")) cgroup.addCaller();
}

/** For a trace: by its directory in one of its trees. */
function joinedCgroup({ paths }: Cgroup): TraceObject {
  return { type: "cgroup", id: Object.values(paths)[0] ?? "", change: "change" };
}

/** Does what the bootstrap asks for, until it has forked. */
async function awaitInit(
  dialogue: ParentEnd,
  bootstrap: number,
  { admit, mapIds }: Stages,
): Promise<number | undefined> {
  for (;;) {
    const message = dialogue.next();
    if (message.kind === "forked") return message.pid;
    if (message.kind === "again") return undefined;
    if (message.kind === "admit") await admit?.(bootstrap);
    else if (message.kind === "mapIds") mapIds?.(bootstrap);
    else throw new Error(`Cannot start the init: "${message.kind}" came too early`);
    dialogue.go();
  }
}

function runBootstrap(child: ChildEnd, stages: Stages): never {
  // At once: the init may wait for days, and must not hold what others wait to see closed. Node won't need its own any more.
  closeDescriptors(stages.preservedFds, [child.fd, ...traceFds(), ...stages.keptFds]);
  forgetLog();
  traceFork("bootstrap", forkedPid());
  return ending(child, () => {
    prepareFork(); // while there is a /proc
    restoreWhatNodeChanged(); // the init inherits it, and then gets the limits of the container
    if (stages.cgroup) joinCgroup(stages.cgroup, stages, child);
    stages.enter(child);
    const pid = tryFork();
    if (pid === 0) runInit(child, stages);
    child.tell(pid === undefined ? { kind: "again" } : { kind: "forked", pid });
    endTracing();
    _exit(0);
  });
}

function runInit(child: ChildEnd, stages: Stages): never {
  traceFork("init", forkedPid());
  return ending(child, () => stages.init(child));
}

/** A forked process must not come back: its copy of our call stack leads into the event loop. */
function ending(child: ChildEnd, work: () => never): never {
  try {
    return work();
  } catch (error) {
    endTracing();
    report(child, error as Error);
    _exit(1);
  }
}

/** Once the container waits, runc is gone: then the error goes where the program's own would. */
function report(child: ChildEnd, error: Error): void {
  try {
    const { code } = error as NodeJS.ErrnoException;
    child.tell({ kind: "failed", error: failureText(error), late: error instanceof ProgramError, code });
  } catch {
    writeSync(STDERR, `${failureText(error)}\n`);
  }
}
