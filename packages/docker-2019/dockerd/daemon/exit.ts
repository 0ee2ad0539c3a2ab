/** What is done when containerd tells that a process has ended. */
import { setTimeout as delay } from "node:timers/promises";
import { step } from "../../step.ts";
import type { Container } from "../container/container.ts";
import type { Exec } from "../container/exec.ts";
import type { TaskState } from "../libcontainerd/containerd.ts";
import { tellDetached } from "./attachment-events.ts";
import { attempt, noteFailure } from "./attempt.ts";
import type { Daemon } from "./daemon.ts";
import { removeContainer } from "./delete.ts";
import { forgetUnstarted } from "./exec.ts";
import { unmountAll } from "./mounts.ts";
import { restartDelay, shallRestart } from "./restart-policy.ts";
import { startContainer } from "./start.ts";

/** For the last output of a process whose children hold its streams open. */
const DRAIN_MS = 3_000;
/** When nobody knows how it ended. */
const UNKNOWN_STATUS = 255;

export interface ProcessExit {
  readonly pid: number;
  readonly status: number;
  readonly at: Date;
}

/** An end that is found, not told. @param task - What containerd still knows of it. */
export function exitFound(task: TaskState | undefined, pid: number): ProcessExit {
  return { pid, status: task?.exitStatus ?? UNKNOWN_STATUS, at: new Date() };
}

/** A container's own process has ended. Who hears of it from two sides, does this once. */
export function containerExited(daemon: Daemon, container: Container, exit: ProcessExit): Promise<void> {
  const done = underWay.get(container) ?? end(daemon, container, exit).finally(() => underWay.delete(container));
  underWay.set(container, done);
  return done;
}

const underWay = new WeakMap<Container, Promise<void>>();

/** It has ended, whatever of it can't be taken away. */
async function end(daemon: Daemon, container: Container, exit: ProcessExit): Promise<void> {
  step("dockerd.note-exit", { id: container.id, pid: exit.pid, status: exit.status });
  const { id, record, state, hostConfig } = container;
  await daemon.containerd.delete(id).catch(noteFailure(`delete container ${id} from containerd`));
  await container.streams.close(DRAIN_MS).catch(noteFailure(`close the pipes of container ${id}`));
  await daemon.networks.disconnect(id).catch(noteFailure(`disconnect container ${id}`));
  attempt(`unmount the volumes of container ${id}`, () => unmountAll(daemon, container));
  attempt(`unmount container ${id}`, () => daemon.images.rwLayers.unmount(id));
  const startedMs = Date.parse(record.State.StartedAt);
  const restarts = shallStartAgain(daemon, container, exit.status);
  state.setStopped(exit, restarts);
  if (restarts) record.RestartCount++;
  forgetUnstarted(daemon, container);
  attempt(`write down the end of container ${id}`, () => container.save());
  daemon.publish("die", container, { exitCode: String(exit.status) });
  tellDetached(daemon, container);
  if (restarts) void restartLater(daemon, container, exit.at.getTime() - startedMs);
  else if (
    hostConfig.AutoRemove &&
    !container.isRestartedByHand &&
    !daemon.isShuttingDown &&
    !record.State.RemovalInProgress
  )
    await removeContainer(daemon, container, { force: true, volumes: true });
}

function shallStartAgain(daemon: Daemon, container: Container, exitCode: number): boolean {
  const { hostConfig, record, isToldToEnd } = container;
  const policy = hostConfig.RestartPolicy ?? { Name: "no", MaximumRetryCount: 0 };
  const { HasBeenManuallyStopped: wasStopped, RestartCount: restarts } = record;
  return !daemon.isShuttingDown && !isToldToEnd && shallRestart(policy, { exitCode, wasStopped, restarts });
}

const pauses = new WeakMap<Container, number>();

async function restartLater(daemon: Daemon, container: Container, ranMs: number): Promise<void> {
  const waiting = new AbortController();
  daemon.restarts.set(container.id, waiting);
  const { RestartCount } = container.record;
  const pauseMs = restartDelay(RestartCount === 1 ? 0 : (pauses.get(container) ?? 0), ranMs);
  pauses.set(container, pauseMs);
  try {
    await delay(pauseMs, undefined, { signal: waiting.signal, ref: false });
    daemon.restarts.delete(container.id);
    await startContainer(daemon, container, RestartCount);
  } catch {
    // somebody has stopped or removed it, or its state says why it could not be started
  } finally {
    if (daemon.restarts.get(container.id) === waiting) daemon.restarts.delete(container.id);
  }
}

/** A process that an exec has added has ended. Who hears of it from two sides, does this once. */
export async function execExited(daemon: Daemon, execId: string, { status }: ProcessExit): Promise<void> {
  const exec = daemon.execs.get(execId);
  await exec?.startDone;
  if (!exec?.isRunning || ending.has(exec)) return;
  ending.add(exec);
  const { container, streams } = exec;
  const forgotten = daemon.containerd.deleteExec(container.id, execId);
  await forgotten.catch(noteFailure(`delete exec ${execId} from containerd`)); // its shim may have gone already, with the container
  await streams.close(DRAIN_MS).catch(noteFailure(`close the pipes of exec ${execId}`));
  exec.setEnded(status);
  daemon.publish("exec_die", container, { execID: execId, exitCode: String(status) });
}

const ending = new WeakSet<Exec>();
