/**
 * LXC as the daemon sees it: a program that becomes the parent of a container, and that ends when the container does.
 *
 *     lxc-start -n <id> -f <root>/config.lxc -- <path> <args…>
 *
 *     SIGTERM to it     is handed on to the container's init
 *     SIGKILL to it     kills the container too: the init asked the kernel for that (parent-death signal)
 *     its exit code     is the init's; 128 + n after a signal; 255 for its own failures
 */
import { openCgroup } from "@eras/cgroups/open.ts";
import { findProgram } from "@eras/linux/exec.ts";
import { posixSpawn } from "@eras/linux/posix-spawn.ts";
import { type ProcessStatus, waitForEnd } from "@eras/linux/wait.ts";
import { traceEnvironment } from "@eras/trace/context.ts";
import { containerCgroupPath } from "../container-cgroup.ts";
import { step } from "../step.ts";
import { UNKNOWN_EXIT_CODE } from "./state.ts";
import type { ChildStdio } from "./stdio.ts";

/** What LXC needs to know of a container. */
export interface LxcContainer {
  readonly Id: string;
  readonly lxcConfigPath: string;
  readonly Filesystem: { readonly RootFS: string };
  readonly Path: string;
  readonly Args: readonly string[];
}

export interface LxcProcess {
  readonly pid: number;
  /** Resolves to the container's exit code when lxc-start has ended. */
  readonly exited: Promise<number>;
}

/** The era's one seam: our lxc-start, or a genuine one (genuine-lxc.ts). */
export interface Lxc {
  /** @throws {Error} When the program can't be started. */
  start(container: LxcContainer, stdio: ChildStdio): LxcProcess;
  /** Ends and removes what is left of a container whose lxc-start has ended, in whatever way. Nothing left is fine. */
  cleanUp(id: string): Promise<void>;
}

/** Our lxc-start, or any that takes the keys of 2013 and returns the init's exit code. */
export class LxcStart implements Lxc {
  readonly #program: string;

  constructor(program: string) {
    this.#program = program;
  }

  start({ Id, lxcConfigPath, Path, Args }: LxcContainer, stdio: ChildStdio): LxcProcess {
    const params = ["-n", Id, "-f", lxcConfigPath, "--", Path, ...Args];
    return execLxcStart(this.#program, params, stdio);
  }

  cleanUp(id: string): Promise<void> {
    return removeCgroup(containerCgroupPath(id));
  }
}

/** Runs lxc-start with the daemon's own environment, in a session of its own, so that Ctrl-C at the daemon is none at its containers. */
export function execLxcStart(program: string, params: readonly string[], stdio: ChildStdio): LxcProcess {
  step("dockerd.exec-lxc-start", { program, params });
  const env = { TERM: "xterm", ...process.env, ...traceEnvironment() };
  const path = findProgram(program, process.env.PATH ?? "");
  const pid = posixSpawn({ path, argv: [program, ...params], env, fds: stdio, newSession: true });
  return { pid, exited: waitForEnd(pid).then(exitCode) };
}

function exitCode(status: ProcessStatus): number {
  return status.kind === "exited" ? status.code : UNKNOWN_EXIT_CODE;
}

/** Also kills what is in it: an init whose parent died before it could ask for its own death. */
export async function removeCgroup(path: string): Promise<void> {
  const cgroup = openCgroup(path);
  if (!cgroup.exists()) return;
  await cgroup.killAll();
  await cgroup.delete();
}
