/** Removing a container: its layer, its files, its name, and its anonymous volumes if that is asked for. */
import { rmSync } from "node:fs";
import { signalNumber } from "@eras/linux/signals.ts";
import { Conflict, Unknown } from "@eras/oci-spec/errdefs.ts";
import type { Container } from "../container/container.ts";
import type { Daemon } from "./daemon.ts";
import { releaseMounts } from "./mounts.ts";
import { killContainer, stopContainer } from "./stop.ts";

export interface RemoveOptions {
  /** Also one that runs, which is killed. */
  readonly force: boolean;
  /** Its anonymous volumes go too. */
  readonly volumes: boolean;
}

/** @throws {Conflict} When it runs and that is not forced, or somebody else is at it; {Unknown} when it can't be killed. */
export async function removeContainer(daemon: Daemon, container: Container, options: RemoveOptions): Promise<void> {
  const { state } = container;
  if (state.record.RemovalInProgress)
    throw new Conflict(`removal of container ${container.name} is already in progress`);
  state.record.RemovalInProgress = true; // nobody starts it from now on
  try {
    await container.lock.released();
    if (state.isRunning && !options.force) throw new Conflict(refusal(container));
    await end(daemon, container);
    await takeAway(daemon, container, options.volumes);
  } finally {
    state.record.RemovalInProgress = false;
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

async function end(daemon: Daemon, container: Container): Promise<void> {
  const { id, state } = container;
  daemon.restarts.get(id)?.abort();
  if (state.isRestarting) await stopContainer(daemon, container);
  else if (state.isRunning) await killContainer(daemon, container, signalNumber("SIGKILL"));
  if (state.isRunning) throw new Unknown(`Could not kill running container ${id}, cannot remove: it has not ended`);
}

/** From the first line on it is dead, whatever fails: it can't be started any more, but removed once more. */
async function takeAway(daemon: Daemon, container: Container, volumes: boolean): Promise<void> {
  const { id } = container;
  container.record.State.Dead = true;
  if (daemon.images.rwLayers.has(id)) await daemon.images.rwLayers.remove(id);
  await releaseMounts(daemon, container, volumes);
  for (const [execId, exec] of daemon.execs) if (exec.container === container) daemon.execs.delete(execId);
  rmSync(daemon.fifoDir(id), { recursive: true, force: true }); // an exec that a killed dockerd had begun has left its pipes
  await container.removeDirectory();
}
