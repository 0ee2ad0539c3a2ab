/** Removing a container: its layer, its files, its name, and its anonymous volumes if that is asked for. */
import { rmSync } from "node:fs";
import { signalNumber } from "@eras/linux/signals.ts";
import { Conflict, NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Container } from "../container/container.ts";
import type { Daemon } from "./daemon.ts";
import { releaseMounts } from "./mounts.ts";
import { stopContainer } from "./stop.ts";

export interface RemoveOptions {
  /** Also one that runs, which is killed. */
  readonly force: boolean;
  /** Its anonymous volumes go too. */
  readonly volumes: boolean;
}

/** @throws {Conflict} When it runs and that is not forced, or somebody else is at it. */
export async function removeContainer(daemon: Daemon, container: Container, options: RemoveOptions): Promise<void> {
  const { id, state } = container;
  if (state.record.RemovalInProgress)
    throw new Conflict(`removal of container ${container.name} is already in progress`);
  if (state.isRunning && !options.force) throw new Conflict(refusal(container));
  state.record.RemovalInProgress = true;
  try {
    daemon.restarts.get(id)?.abort();
    if (state.isRunning) await kill(daemon, container);
    if (daemon.images.rwLayers.has(id)) await daemon.images.rwLayers.remove(id);
    await releaseMounts(daemon, container, options.volumes);
    for (const [execId, exec] of daemon.execs) if (exec.container === container) daemon.execs.delete(execId);
    rmSync(daemon.fifoDir(id), { recursive: true, force: true }); // an exec that a killed dockerd had begun has left its pipes
    await container.removeDirectory();
  } catch (error) {
    state.record.RemovalInProgress = false;
    state.record.Dead = true;
    throw error;
  }
  daemon.containers.remove(container);
  state.setRemoved();
  daemon.publish("destroy", container);
}

function refusal({ id, state }: Container): string {
  const how = state.isPaused
    ? "paused container %. Unpause and then stop the container before attempting removal or force remove"
    : state.isRestarting
      ? "restarting container %. Stop the container before attempting removal or force remove"
      : "running container %. Stop the container before attempting removal or force remove";
  return `You cannot remove a ${how.replace("%", id)}`;
}

async function kill(daemon: Daemon, container: Container): Promise<void> {
  if (container.state.isRestarting) return stopContainer(daemon, container);
  const exits = container.state.wait("next-exit");
  container.record.HasBeenManuallyStopped = true;
  try {
    await daemon.containerd.kill(container.id, signalNumber("SIGKILL"));
  } catch (error) {
    if (!(error instanceof NotFound)) throw error; // it has just ended
  }
  daemon.publish("kill", container, { signal: "9" });
  await exits;
}
