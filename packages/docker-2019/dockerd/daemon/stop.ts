/** Signals to a container, and its end: kill, stop, restart, pause. */
import { signalNumber } from "@eras/linux/signals.ts";
import { Conflict, NotModified, Unknown } from "@eras/oci-spec/errdefs.ts";
import { Status } from "../../proto/gen/process_pb.ts";
import { isSupportedSignal, parseSignal } from "../config/signal.ts";
import type { Container } from "../container/container.ts";
import { happensWithin } from "../long-delay.ts";
import { attempt, noteFailure } from "./attempt.ts";
import type { Daemon } from "./daemon.ts";
import { startContainer } from "./start.ts";

const DEFAULT_SIGNAL = "SIGTERM";
/** What a container may take to end. */
export const DEFAULT_TIMEOUT_S = 10;
/** What it gets when its stop signal can't be sent. */
const UNHEARD_MS = 2000;
/** After SIGKILL, before it is said that there is no end. */
const KILL_PATIENCE_MS = 10_000;

/** Sends a signal. SIGKILL is waited for. @throws {Unknown} When the kernel has none of that number. */
export async function killContainer(daemon: Daemon, container: Container, number: number): Promise<void> {
  if (!isSupportedSignal(number))
    throw new Unknown(
      `Cannot kill container: ${container.name}: The linux daemon does not support signal ${BigInt.asUintN(64, BigInt(number))}`,
    );
  await container.lock.released();
  if (container.state.isRestarting) {
    noteSignal(container, number);
    if (container.isToldToEnd) endRestarting(daemon, container);
    return;
  }
  requireRunning(container, `Cannot kill container: ${container.name}`);
  const exits = container.state.wait("next-exit");
  noteSignal(container, number);
  await send(daemon, container, number);
  if (number === signalNumber("SIGKILL")) await happensWithin(KILL_PATIENCE_MS, exits);
}

/** Whether a signal means the end is the container's to say, by its stop signal. */
function noteSignal(container: Container, number: number): void {
  const { StopSignal } = container.config;
  container.isToldToEnd ||= number === signalNumber("SIGKILL") || !StopSignal || parseSignal(StopSignal) === number;
  container.record.HasBeenManuallyStopped = true;
  attempt(`write down that container ${container.id} was sent a signal`, () => container.save());
}

/** Asks a container to end, and makes it end when it doesn't. @param timeoutS - How long it may take; negative for ever. */
export async function stopContainer(daemon: Daemon, container: Container, timeoutS?: number): Promise<void> {
  await container.lock.released();
  if (!container.state.isRunning) throw new NotModified(`Container ${container.id} is already stopped`);
  container.record.HasBeenManuallyStopped = true;
  container.isToldToEnd = true;
  if (container.state.isRestarting) {
    endRestarting(daemon, container);
    return;
  }
  await end(daemon, container, timeoutS);
  daemon.publish("stop", container);
}

/** One that waits to be started again has nobody to hear a signal. */
function endRestarting(daemon: Daemon, container: Container): void {
  daemon.restarts.get(container.id)?.abort();
  container.state.setStopped({ status: container.record.State.ExitCode, at: new Date() }, false);
  container.save();
}

export async function restartContainer(daemon: Daemon, container: Container, timeoutS?: number): Promise<void> {
  await container.lock.released();
  if (container.state.isRunning && !container.state.isRestarting) await stopAndKeep(daemon, container, timeoutS);
  await startContainer(daemon, container).catch(unlessItRuns); // somebody else has restarted it at the same time
  daemon.publish("restart", container);
}

/** One that goes when it ends, stays. */
async function stopAndKeep(daemon: Daemon, container: Container, timeoutS?: number): Promise<void> {
  container.isRestartedByHand = true;
  try {
    await stopContainer(daemon, container, timeoutS);
  } finally {
    container.isRestartedByHand = false;
  }
}

function unlessItRuns(error: unknown): void {
  if (!(error instanceof NotModified)) throw error;
}

async function end(daemon: Daemon, container: Container, timeoutS?: number): Promise<void> {
  const { StopSignal, StopTimeout } = container.config;
  const seconds = timeoutS ?? StopTimeout ?? DEFAULT_TIMEOUT_S;
  const exits = container.state.wait("next-exit");
  const signal = parseSignal(StopSignal || DEFAULT_SIGNAL);
  const isHeard = isSupportedSignal(signal);
  if (isHeard) await send(daemon, container, signal);
  const patienceMs = isHeard ? (seconds < 0 ? Number.POSITIVE_INFINITY : seconds * 1000) : UNHEARD_MS;
  if ((await happensWithin(patienceMs, exits)) || !container.state.isRunning) return;
  await send(daemon, container, signalNumber("SIGKILL"));
  await happensWithin(KILL_PATIENCE_MS, exits);
}

/** A paused one hears nothing, so it is resumed behind the signal. */
async function send(daemon: Daemon, container: Container, signal: number): Promise<void> {
  try {
    await daemon.containerd.kill(container.id, signal);
  } catch (error) {
    if (await hasTask(daemon, container)) throw error; // else it has just ended, and its shim may have done so before it answered
  }
  daemon.publish("kill", container, { signal: String(signal) });
  if (!container.state.isPaused) return;
  await daemon.containerd.resume(container.id).catch(noteFailure(`unpause container ${container.id}`)); // SIGKILL may have ended it
}

async function hasTask({ containerd }: Daemon, { id }: Container): Promise<boolean> {
  const task = await containerd.task(id);
  return task !== undefined && task.status !== Status.STOPPED;
}

export async function pauseContainer(daemon: Daemon, container: Container): Promise<void> {
  requireRunning(container, "");
  if (container.state.isPaused) throw new Conflict(`Container ${container.id} is already paused`);
  await daemon.containerd.pause(container.id);
  container.state.setPaused();
  container.save();
  daemon.publish("pause", container);
}

export async function unpauseContainer(daemon: Daemon, container: Container): Promise<void> {
  if (!container.state.isPaused) throw new Unknown(`Container ${container.id} is not paused`);
  await daemon.containerd.resume(container.id);
  container.record.State.Paused = false;
  container.save();
  daemon.publish("unpause", container);
}

/** @throws {Conflict} When it does not run. @param context - Stands before the message, if there is one. */
export function requireRunning({ id, state }: Container, context: string): void {
  if (state.isRestarting)
    throw new Conflict(
      `${context && `${context}: `}Container ${id} is restarting, wait until the container is running`,
    );
  if (!state.isRunning) throw new Conflict(`${context && `${context}: `}Container ${id} is not running`);
}
