/**
 * The init of a container: born as PID 1 in new namespaces, it furnishes the container from the inside and ends by becoming the
 * user's program, with the same PID.
 *
 * Namespaces, root, capabilities and filters belong to the thread that asks for them, and execve ends all but the main thread. So
 * everything from the first act on is synchronous and on the main thread; nothing awaits. It does not touch process.stdin, stdout and stderr either,
 * which would change the state of descriptors that the program inherits.
 */

import { flushCompileCache } from "node:module";
import { findProgram, prepareExecve, restoreInheritedState } from "@eras/linux/exec.ts";
import { sethostname } from "@eras/linux/hostname.ts";
import { reportCall } from "@eras/linux/libc.ts";
import { PER_LINUX, PER_LINUX32, personality } from "@eras/linux/personality.ts";
import { setParentDeathSignal } from "@eras/linux/prctl.ts";
import { hostPidOfSelf } from "@eras/linux/proc.ts";
import { signalNumber } from "@eras/linux/signals.ts";
import { endTracing } from "@eras/trace/context.ts";
import { step } from "../step.ts";
import { traceProgram } from "../tracing.ts";
import { attempt } from "./attempt.ts";
import { dropCapabilities } from "./capabilities.ts";
import type { Architecture } from "./config.ts";
import { makeDev, makePts, mountTerminals } from "./devices.ts";
import { joinCgroup } from "./join-cgroup.ts";
import { mountEntries } from "./mounts.ts";
import { isolateMounts, mountRootfs, pivotInto } from "./rootfs.ts";
import { setSecurityLabel } from "./security-label.ts";
import { type InitPlan, PLAN_FD, REPORT_FD, receive, send } from "./sync.ts";
import { takeTerminal } from "./terminal.ts";

/** What LXC 0.8 ends with when it is its own failure. */
const OWN_FAILURE = 255;

async function main(): Promise<void> {
  traceProgram("init");
  dieWithParent();
  send(REPORT_FD, { pid: hostPidOfSelf() });
  flushCompileCache(); // Node does it at the end of a program, which ours won't see
  const plan = receive<InitPlan>(PLAN_FD);
  if (plan) becomeContainer(plan, await loadParts(plan));
}

/** What few containers need. It is loaded before the first act, because the files are out of reach after it. */
async function loadParts({ config, seccompFilter }: InitPlan) {
  return {
    userNamespace: config.idMap.length > 0 ? await import("./mapped-root.ts") : undefined,
    seccomp: seccompFilter === undefined ? undefined : await import("@eras/linux/seccomp.ts"),
  };
}

type Parts = Awaited<ReturnType<typeof loadParts>>;

/** LXC's promise: whoever kills lxc-start, even with SIGKILL, ends the container. A parent that is gone already closes the pipe. */
function dieWithParent(): void {
  setParentDeathSignal(signalNumber("SIGKILL"));
}

function becomeContainer(plan: InitPlan, { userNamespace, seccomp }: Parts): never {
  const { config } = plan;
  const umask = process.umask(0); // modes of files are meant as they are written
  isolateMounts();
  const root = mountRootfs(config);
  joinCgroup(plan.cgroupFiles); // while the control files are in reach
  userNamespace?.becomeMappedRoot();
  dieWithParent(); // again: the kernel forgets it when a process becomes another user
  if (config.rootfs) makeDev(root, config); // first, because the entries may mount on it
  mountEntries(root, config);
  if (config.rootfs) makePts(root, config);
  mountTerminals(root, plan.terminals, config);
  setSecurityLabel(config); // while the host's /proc is in reach
  if (config.rootfs) pivotInto(root); // from here on "/" is the container
  if (config.utsname) setHostname(config.utsname);
  if (config.arch) setPersonality(config.arch);
  dropCapabilities(config); // after all that needed them
  takeTerminal();
  process.umask(umask);
  return exec(plan, seccomp);
}

function setHostname(name: string): void {
  step("init.set-hostname", { name });
  attempt(`set the host name ${name}`, () => sethostname(name));
}

function setPersonality(arch: Architecture): void {
  attempt(`become a program of ${arch}`, () => personality(arch === "x86" ? PER_LINUX32 : PER_LINUX));
}

/** Becomes the container's program. A filter comes last: it may forbid everything but the execve. */
function exec({ command, environment, seccompFilter = "" }: InitPlan, seccomp: Parts["seccomp"]): never {
  step("init.exec", { command });
  const program = attempt(`run ${command[0]}`, () => findProgram(command[0]!, environment.PATH!));
  if (seccomp) reportCall("seccomp", []); // now: later the filter may not let the trace be written
  const execve = prepareExecve(program, command, environment);
  restoreInheritedState();
  endTracing();
  seccomp?.installSeccompFilter(Buffer.from(seccompFilter, "base64"));
  return attempt(`run ${command[0]}`, execve);
}

try {
  await main();
} catch (error) {
  endTracing();
  send(REPORT_FD, { error: (error as Error).message });
  process.exit(OWN_FAILURE);
}
