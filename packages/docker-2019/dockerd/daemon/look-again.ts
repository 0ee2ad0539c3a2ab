/** containerd was away: what has ended meanwhile, nobody has told of, and what was not done with there may have been done by halves. */
import { Status } from "../../proto/gen/process_pb.ts";
import type { Container } from "../container/container.ts";
import type { Exec } from "../container/exec.ts";
import type { TaskState } from "../libcontainerd/containerd.ts";
import { undoStarts } from "./cut-short.ts";
import type { Daemon } from "./daemon.ts";
import { containerExited, execExited, exitFound, type ProcessExit } from "./exit.ts";

/** Call when containerd answers again. */
export async function lookAgain(daemon: Daemon): Promise<void> {
  const running = daemon.containers.list().filter(({ state }) => state.isRunning && !state.isRestarting);
  const execs = [...daemon.execs.values()].filter(({ isRunning }) => isRunning);
  await Promise.all([
    ...running.map((container) => lookForEnd(daemon, container)),
    ...execs.map((exec) => lookForEndOfExec(daemon, exec)),
  ]);
  await undoStarts(daemon);
}

async function lookForEnd(daemon: Daemon, container: Container): Promise<void> {
  const exit = exitOf(await daemon.containerd.task(container.id), container.record.State.Pid);
  if (exit && container.state.isRunning) await container.inRunOfStart(() => containerExited(daemon, container, exit));
}

async function lookForEndOfExec(daemon: Daemon, { id, container, pid, startDone }: Exec): Promise<void> {
  await startDone;
  const exit = exitOf(await daemon.containerd.task(container.id, id), pid);
  if (exit) await execExited(daemon, id, exit);
}

/** @returns Nothing if it runs. */
function exitOf(task: TaskState | undefined, pid: number): ProcessExit | undefined {
  if (task && task.status !== Status.STOPPED) return undefined;
  return exitFound(task, pid);
}
