/**
 * The containers that an earlier dockerd has left: those that run on are taken over, those that have ended meanwhile are written down as ended,
 * what was not done with is undone, and those that their policy wants are started.
 */
import { processExists } from "@eras/linux/proc.ts";
import { Status } from "../../proto/gen/process_pb.ts";
import type { Container } from "../container/container.ts";
import { ProcessStreams } from "../libcontainerd/fifos.ts";
import { openLog } from "../logger/open-log.ts";
import { happensWithin } from "../long-delay.ts";
import { containersDir } from "../paths.ts";
import { attempt } from "./attempt.ts";
import { endRemovals, removeHalves, undoStarts } from "./cut-short.ts";
import type { Daemon } from "./daemon.ts";
import { removeContainer } from "./delete.ts";
import { containerExited, exitFound } from "./exit.ts";
import { watchHealth } from "./health.ts";
import { linkedBy } from "./links.ts";
import { startContainer } from "./start.ts";
import { stopContainer } from "./stop.ts";

/** How long the start of a container waits for those that it is linked to. */
const LINKED_MS = 5_000;

/** @param log - Told what can't be taken over, and why. */
export async function restoreContainers(daemon: Daemon, log: (message: string) => void): Promise<void> {
  const failures = daemon.containers.load(containersDir(daemon.options));
  for (const { id, reason } of failures) log(`Cannot load container ${id}: ${reason}`);
  await removeHalves(daemon);
  const containers = daemon.containers.list();
  for (const container of containers)
    attempt(`refer to the volumes of container ${container.id}`, () => referToVolumes(daemon, container));
  await undoStarts(daemon);
  endRemovals(daemon);
  const tell =
    ({ id }: Container) =>
    (error: Error) =>
      log(`Cannot restore container ${id}: ${error.message}`);
  const running = containers.filter(({ state }) => state.isRunning);
  await Promise.all(running.map((container) => restore(daemon, container).catch(tell(container))));
  await settleAll(daemon, containers, tell);
}

/** What somebody has taken away meanwhile is missed by the next start. */
function referToVolumes({ volumes }: Daemon, { id, record, state }: Container): void {
  for (const { Type, Name } of Object.values(record.MountPoints)) {
    if (Type !== "volume" || !volumes.has(Name)) continue;
    volumes.reference(Name, id);
    if (state.isRunning) volumes.mount(Name, id); // it is mounted still
  }
}

async function restore(daemon: Daemon, container: Container): Promise<void> {
  const { id, state } = container;
  const task = state.isRestarting ? undefined : await daemon.containerd.task(id);
  daemon.images.rwLayers.mount(id); // it is mounted still, or is unmounted with what is done at an end
  reconnect(daemon, container); // also to one that has ended: its last output may be in the pipes
  const isAlive = task?.status === Status.RUNNING || task?.status === Status.PAUSED;
  if (isAlive && processExists(task.pid)) {
    container.streams.setStarted();
    await restorePause(daemon, container, task.status === Status.PAUSED);
    if (daemon.options.liveRestore) watchHealth(daemon, container);
    else await stopContainer(daemon, container).catch(() => {});
    return;
  }
  await containerExited(daemon, container, exitFound(task, state.record.Pid));
}

function reconnect(daemon: Daemon, container: Container): void {
  const { id, config, streams } = container;
  const opened = openLog(container);
  if (opened) streams.add(opened);
  const wanted = { stdin: config.OpenStdin ?? false, terminal: config.Tty ?? false };
  const pipes = ProcessStreams.reopen(daemon.fifoDir(id), "init", wanted);
  if (pipes) streams.connect(pipes);
}

/** A pause that nobody was told of was a commit's, or is asked for once more. */
async function restorePause({ containerd }: Daemon, { id, state }: Container, isPaused: boolean): Promise<void> {
  if (isPaused && !state.isPaused) await containerd.resume(id);
  state.record.Paused &&= isPaused;
}

/** All at once, but those that others are linked to before those. Whoever asks the daemon then finds it done. */
async function settleAll(
  daemon: Daemon,
  containers: readonly Container[],
  tell: (container: Container) => (error: Error) => void,
): Promise<void> {
  const settled = new Map(containers.map((container) => [container, Promise.withResolvers<void>()]));
  const settleAfterLinked = async (container: Container) => {
    const linked = linkedBy(daemon, container).map((child) => settled.get(child)?.promise);
    await happensWithin(LINKED_MS, Promise.all(linked));
    await settle(daemon, container).catch(tell(container));
    settled.get(container)!.resolve();
  };
  await Promise.all(containers.map(settleAfterLinked));
}

/** What policies want at the start of the daemon. */
async function settle(daemon: Daemon, container: Container): Promise<void> {
  const { hostConfig, record, state } = container;
  if (state.isRunning) return;
  if (hostConfig.AutoRemove) return removeContainer(daemon, container, { force: true, volumes: true });
  const policy = hostConfig.RestartPolicy?.Name;
  const wants = policy === "always" || (policy === "unless-stopped" && !record.HasBeenManuallyStopped);
  if (wants && record.HasBeenStartedBefore) await startContainer(daemon, container);
}
