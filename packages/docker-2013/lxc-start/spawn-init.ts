/** Starting the init: Node once more, born in the container's namespaces, with lxc-start's standard streams and the pipes of sync.ts. */
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { closeSync } from "node:fs";
import { join } from "node:path";
import { LAUNCH } from "@eras/launch/path.ts";
import { spawnChild } from "@eras/linux/exec.ts";
import type { NamespaceKind } from "@eras/linux/namespaces.ts";
import { pipe } from "@eras/linux/pipe.ts";
import { kill, signalNumber } from "@eras/linux/signals.ts";
import { traceEnvironment } from "@eras/trace/context.ts";
import { inNewNamespaces, type Spawn } from "./namespaces.ts";
import { type Failed, type InitPlan, receive, type Started, send } from "./sync.ts";

type Child = ChildProcess & { readonly pid: number };
type StartIn = (kinds: readonly NamespaceKind[], command: readonly string[], spawn: Spawn<Child>) => Child;

const INIT_COMMAND = [process.execPath, LAUNCH, join(import.meta.dirname, "init.ts")];

/** The init, as lxc-start holds it. */
export interface Init {
  readonly child: Child;
  /** Exit code, or else the signal that ended it. */
  readonly ended: Promise<[code: number | null, signal: NodeJS.Signals | null]>;
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
  const options: SpawnOptions = {
    stdio: ["inherit", "inherit", "inherit", plan.readEnd, report.writeEnd],
    env: { ...process.env, ...traceEnvironment() },
  };
  const child = start(kinds, INIT_COMMAND, ([program, ...args]) => spawnChild(program!, args, options));
  for (const end of [plan.readEnd, report.writeEnd]) closeSync(end); // so that the child's end of a pipe ends it
  return { child, ended: once(child, "exit") as Init["ended"], planFd: plan.writeEnd, reportFd: report.readEnd };
}

/** Ends the init, unless it has ended. */
export async function killInit({ child, ended }: Init): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  kill(child.pid, signalNumber("SIGKILL"));
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
