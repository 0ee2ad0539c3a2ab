/** Starting the init: Node once more, born in the container's namespaces, with lxc-start's standard streams and the pipes of sync.ts. */
import { closeSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { LAUNCH } from "@eras/launch/path.ts";
import { findProgram } from "@eras/linux/exec.ts";
import type { NamespaceKind } from "@eras/linux/namespaces.ts";
import { pipe } from "@eras/linux/pipe.ts";
import { posixSpawn } from "@eras/linux/posix-spawn.ts";
import { kill, signalNumber } from "@eras/linux/signals.ts";
import { type ProcessStatus, waitForEnd } from "@eras/linux/wait.ts";
import { traceEnvironment } from "@eras/trace/context.ts";
import { inNewNamespaces, type Spawn } from "./namespaces.ts";
import { SEALED_PROGRAM, sealProgram } from "./sealed-program.ts";
import { type Failed, type InitPlan, receive, type Started, send } from "./sync.ts";

type StartIn = (kinds: readonly NamespaceKind[], command: readonly string[], spawn: Spawn) => number;

const INIT_COMMAND = [SEALED_PROGRAM, ...process.execArgv, LAUNCH, join(import.meta.dirname, "init.ts")];

/** The init, as lxc-start holds it. */
export interface Init {
  /** Of the process that lxc-start started. With a user namespace that is not the init itself: see user-namespace.ts. */
  readonly childPid: number;
  readonly ended: Promise<ProcessStatus>;
  hasEnded: boolean;
  readonly planFd: number;
  readonly reportFd: number;
}

/**
 * Starts the init in new namespaces of these kinds. It waits for its plan.
 *
 * @param start - How to start a command in them.
 */
export function spawnInit(kinds: readonly NamespaceKind[], start: StartIn = inNewNamespaces): Init {
  const plan = pipe();
  const report = pipe();
  const sealed = sealProgram(process.execPath);
  const fds = [0, 1, 2, plan.readEnd, report.writeEnd, sealed];
  const env = { ...process.env, ...traceEnvironment() };
  const programOf = (name: string) => (isAbsolute(name) ? name : findProgram(name, process.env.PATH ?? ""));
  const childPid = start(kinds, INIT_COMMAND, (argv) => posixSpawn({ path: programOf(argv[0]!), argv, env, fds }));
  closeSync(sealed);
  for (const end of [plan.readEnd, report.writeEnd]) closeSync(end); // so that the child's end of a pipe ends it
  const ended = waitForEnd(childPid);
  const init: Init = { childPid, ended, hasEnded: false, planFd: plan.writeEnd, reportFd: report.readEnd };
  ended.then(() => {
    init.hasEnded = true;
  });
  return init;
}

/** Ends the init, unless it has ended. */
export async function killInit({ childPid, hasEnded, ended }: Init): Promise<void> {
  if (hasEnded) return;
  kill(childPid, signalNumber("SIGKILL"));
  await ended;
}

/** Waits until the init runs. @returns Its PID on the host. @throws {Error} When it ends before. */
export function waitForStart({ reportFd }: Init): number {
  const started = receive<Started>(reportFd);
  if (!started) throw new Error("Cannot start the container's init: it ended at once");
  return started.pid;
}

/** Hands the plan over and waits until the init has become the container's program. @throws {Error} When it could not: why. */
export function becomeContainer({ planFd, reportFd }: Init, plan: InitPlan): void {
  send(planFd, plan);
  const failed = receive<Failed>(reportFd);
  if (failed) throw new Error(failed.error);
}
