/** What is done when containerd tells that a process has ended. */
import { setTimeout as delay } from "node:timers/promises";
import { step } from "../../step.ts";
import type { Container } from "../container/container.ts";
import { log } from "../log.ts";
import type { Daemon } from "./daemon.ts";
import { removeContainer } from "./delete.ts";
import { unmountAll } from "./mounts.ts";
import { restartDelay, shallRestart } from "./restart-policy.ts";
import { startContainer } from "./start.ts";

/** For the last output of a process whose children hold its streams open. */
const DRAIN_MS = 3_000;

export interface ProcessExit {
  readonly pid: number;
  readonly status: number;
  readonly at: Date;
}

/** What has ended has ended, whether containerd forgets it or not: its shim may have gone already, with the container that an exec was in. */
async function takeAway(what: string, deletion: Promise<void>): Promise<void> {
  await deletion.catch(({ message }: Error) => log("warning", `Cannot delete ${what} from containerd: ${message}`));
}

/** A container's own process has ended. Who hears of it from two sides, does this once. */
export function containerExited(daemon: Daemon, container: Container, exit: ProcessExit): Promise<void> {
  const done = underWay.get(container) ?? end(daemon, container, exit).finally(() => underWay.delete(container));
  underWay.set(container, done);
  return done;
}

const underWay = new WeakMap<Container, Promise<void>>();

async function end(daemon: Daemon, container: Container, exit: ProcessExit): Promise<void> {
  step("dockerd.note-exit", { id: container.id, pid: exit.pid, status: exit.status });
  await takeAway(`container ${container.id}`, daemon.containerd.delete(container.id));
  await container.streams.close(DRAIN_MS);
  await daemon.networks.disconnect(container.id);
  unmountAll(daemon, container);
  daemon.images.rwLayers.unmount(container.id);
  const startedMs = Date.parse(container.record.State.StartedAt);
  const restarts = shallStartAgain(daemon, container, exit.status);
  container.state.setStopped(exit, restarts);
  container.save();
  daemon.publish("die", container, { exitCode: String(exit.status) });
  if (restarts) void restartLater(daemon, container, exit.at.getTime() - startedMs);
  else if (container.hostConfig.AutoRemove && !daemon.isShuttingDown && !container.record.State.RemovalInProgress)
    await removeContainer(daemon, container, { force: true, volumes: true });
}

function shallStartAgain(daemon: Daemon, { hostConfig, record }: Container, exitCode: number): boolean {
  const policy = hostConfig.RestartPolicy ?? { Name: "no", MaximumRetryCount: 0 };
  const { HasBeenManuallyStopped: wasStopped, RestartCount: restarts } = record;
  return !daemon.isShuttingDown && shallRestart(policy, { exitCode, wasStopped, restarts });
}

const pauses = new WeakMap<Container, number>();

async function restartLater(daemon: Daemon, container: Container, ranMs: number): Promise<void> {
  const waiting = new AbortController();
  daemon.restarts.set(container.id, waiting);
  const pauseMs = restartDelay(pauses.get(container) ?? 0, ranMs);
  pauses.set(container, pauseMs);
  try {
    await delay(pauseMs, undefined, { signal: waiting.signal, ref: false });
    daemon.restarts.delete(container.id);
    container.record.RestartCount++;
    await startContainer(daemon, container);
  } catch {
    // somebody has stopped or removed it, or its state says why it could not be started
  } finally {
    if (daemon.restarts.get(container.id) === waiting) daemon.restarts.delete(container.id);
  }
}

/** A process that an exec has added has ended. */
export async function execExited(daemon: Daemon, execId: string, { status }: ProcessExit): Promise<void> {
  const exec = daemon.execs.get(execId);
  await exec?.startDone;
  if (!exec?.isRunning) return;
  await takeAway(`exec ${execId}`, daemon.containerd.deleteExec(exec.container.id, execId));
  await exec.streams.close(DRAIN_MS);
  exec.setEnded(status);
  daemon.publish("exec_die", exec.container, { execID: execId, exitCode: String(status) });
}
