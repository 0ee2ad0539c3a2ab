/**
 * Starting a process in the container's namespaces: two forks, and the first part of the dialogue of sync.ts.
 *
 * The init becomes our child when the bootstrap, its parent, ends: for that we are a subreaper. When we end in our turn, it goes to whoever is
 * that above us, a shim or the system's init.
 */
import { _exit, fork } from "@eras/linux/fork.ts";
import { setChildSubreaper } from "@eras/linux/prctl.ts";
import { waitpid } from "@eras/linux/wait.ts";
import { endTracing } from "@eras/trace/context.ts";
import { traceFork } from "../tracing.ts";
import { closeLog } from "./log.ts";
import { ProgramError } from "./standard-init.ts";
import { type ChildEnd, type Dialogue, openDialogue, type ParentEnd } from "./sync.ts";

/** What the two forked processes do. */
export interface Stages {
  /** In the bootstrap: enters the namespaces in which the init is to be born. */
  enter(runc: ChildEnd): void;
  /** In the init: everything up to its becoming a program. */
  init(runc: ChildEnd): never;
  /** In runc, when the bootstrap asks for it. */
  mapIds?(pid: number): void;
}

/** The init, as runc holds it. It waits until it may `go`. */
export interface StartedInit {
  readonly pid: number;
  readonly dialogue: ParentEnd;
}

/** Forks the bootstrap, which forks the init. @throws {InitFailure} When the namespaces can't be entered: no process is left. */
export function startInit(stages: Stages): StartedInit {
  setChildSubreaper(true);
  const dialogue = openDialogue();
  const bootstrap = fork();
  if (bootstrap === 0) runBootstrap(dialogue, stages);
  dialogue.child.close();
  try {
    return { pid: awaitInit(dialogue.parent, bootstrap, stages), dialogue: dialogue.parent };
  } finally {
    waitpid(bootstrap);
  }
}

function awaitInit(dialogue: ParentEnd, bootstrap: number, { mapIds }: Stages): number {
  let message = dialogue.next();
  if (message.kind === "mapIds") {
    mapIds?.(bootstrap);
    dialogue.go();
    message = dialogue.next();
  }
  if (message.kind !== "forked") throw new Error(`Cannot start the init: "${message.kind}" came too early`);
  return message.pid;
}

function runBootstrap({ parent, child }: Dialogue, stages: Stages): never {
  parent.close();
  closeLog();
  traceFork("bootstrap");
  return ending(child, () => {
    stages.enter(child);
    const pid = fork();
    if (pid === 0) runInit(child, stages);
    child.tell({ kind: "forked", pid });
    endTracing();
    _exit(0);
  });
}

function runInit(child: ChildEnd, stages: Stages): never {
  traceFork("init");
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

function report(child: ChildEnd, error: Error): void {
  try {
    child.tell({ kind: "failed", error: error.message, late: error instanceof ProgramError });
  } catch {
    // runc is gone, or has been told that all is well: nobody to tell.
  }
}
