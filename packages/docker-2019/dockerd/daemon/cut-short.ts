/**
 * What an earlier dockerd was killed in the middle of: a start is undone, and so is a creation; a removal is finished.
 * One container of which that fails is no reason to leave the others alone.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { containerdDir } from "../paths.ts";
import { attempt, noteFailure } from "./attempt.ts";
import type { Daemon } from "./daemon.ts";
import { unmountAll } from "./mounts.ts";

/** What a container's pipes lie in is called so; what containerd itself has beside them is not. */
const CONTAINER_ID = /^[0-9a-f]{64}$/;

/**
 * Starts of containers that are stopped, as their records say, or removed meanwhile: each may have a task, mounts, pipes and a network already.
 * What containerd has of another dockerd is left alone.
 */
export async function undoStarts(daemon: Daemon): Promise<void> {
  const atContainerd = [...(await daemon.containerd.fifoDirs())].filter(([id, dir]) => dir === daemon.fifoDir(id));
  const dir = containerdDir(daemon.options);
  const withPipes = existsSync(dir) ? readdirSync(dir).filter((name) => CONTAINER_ID.test(name)) : [];
  const ids = new Set([...atContainerd.map(([id]) => id), ...withPipes]);
  const undone = (id: string) => undoStart(daemon, id).catch(noteFailure(`undo the start of container ${id}`));
  await Promise.all([...ids.difference(daemon.containers.unreadable)].map(undone));
}

async function undoStart(daemon: Daemon, id: string): Promise<void> {
  const container = daemon.containers.find(id);
  if (!container) return clear(daemon, id);
  await container.lock.hold(async () => {
    if (container.state.isRunning) return;
    await clear(daemon, id);
    if (container.record.State.RemovalInProgress) return; // which unmounts, too
    unmountAll(daemon, container);
    daemon.images.rwLayers.unmount(id);
  });
}

async function clear(daemon: Daemon, id: string): Promise<void> {
  await daemon.containerd.end(id);
  await daemon.networks.disconnect(id);
  rmSync(daemon.fifoDir(id), { recursive: true, force: true });
}

/** A container is made with its layer first and its record last, and removed in the same order: one without the other is half of one. */
export async function removeHalves({ containers, images }: Daemon): Promise<void> {
  const layers = new Set(images.rwLayers.containerIds());
  for (const container of containers.list().filter(({ id }) => !layers.has(id))) {
    await container.removeDirectory().catch(noteFailure(`remove what is left of container ${container.id}`));
    containers.remove(container);
  }
  for (const id of layers.difference(containers.unreadable))
    if (!containers.find(id))
      await images.rwLayers.remove(id).catch(noteFailure(`remove the layer of container ${id}`));
}

/** Of a removal that was under way nobody knows any more which volumes were to go: the container is dead, until it is removed once more. */
export function endRemovals({ containers, images }: Daemon): void {
  for (const container of containers.list().filter(({ state }) => state.record.RemovalInProgress)) {
    attempt(`end the removal of container ${container.id}`, () => {
      if (!container.state.isRunning) images.rwLayers.unmount(container.id);
      Object.assign(container.state.record, { RemovalInProgress: false, Dead: true });
      container.save();
    });
  }
}
