/** containerd was away: what has ended meanwhile, nobody has told of, and what was not done with there may have been done by halves. */
import { Status } from "../../proto/gen/process_pb.ts";
import type { Container } from "../container/container.ts";
import { undoStarts } from "./cut-short.ts";
import type { Daemon } from "./daemon.ts";
import { containerExited } from "./exit.ts";

/** When nobody knows how it ended. */
const UNKNOWN_STATUS = 255;

/** Call when containerd answers again. */
export async function lookAgain(daemon: Daemon): Promise<void> {
  const running = daemon.containers.list().filter(({ state }) => state.isRunning && !state.isRestarting);
  await Promise.all(running.map((container) => lookForEnd(daemon, container)));
  await undoStarts(daemon);
}

async function lookForEnd(daemon: Daemon, container: Container): Promise<void> {
  const task = await daemon.containerd.task(container.id);
  if (task && task.status !== Status.STOPPED) return;
  const exit = { pid: container.record.State.Pid, status: task?.exitStatus ?? UNKNOWN_STATUS, at: new Date() };
  if (container.state.isRunning) await container.inRunOfStart(() => containerExited(daemon, container, exit));
}
