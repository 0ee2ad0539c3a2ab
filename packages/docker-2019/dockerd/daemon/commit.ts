/** `docker commit`: an image of what a container has written. */
import { setTimeout as delay } from "node:timers/promises";
import { familiarReference, parseReference } from "@eras/oci-spec/reference.ts";
import type { ContainerConfig } from "../../engine-api/container-config.ts";
import { Status } from "../../proto/gen/process_pb.ts";
import { mergeImage } from "../config/merge-image.ts";
import type { Container } from "../container/container.ts";
import { changeConfig } from "../image/config-changes.ts";
import { commitImage } from "../image/make.ts";
import { noteFailure } from "./attempt.ts";
import type { Daemon } from "./daemon.ts";

/** containerd's word for a task that stands still. */
const LOOK_EVERY_MS = 20;
/** In which a containerd that was killed is expected to answer again. */
const COMEBACK_MS = 10_000;

export interface CommitWishes {
  /** The new image's, over the container's; null, or without members, for that alone. */
  readonly config: ContainerConfig | null;
  /** To that, in the words of a Dockerfile. */
  readonly changes: readonly string[];
  /** Empty for none. */
  readonly name: string;
  readonly author: string;
  readonly comment: string;
  /** Stop the container for the moment. */
  readonly pause: boolean;
}

/** @returns The image's id. */
export async function commitContainer(daemon: Daemon, container: Container, wishes: CommitWishes): Promise<string> {
  const { id, config, record, state } = container;
  const isAsked = Object.keys(wishes.config ?? {}).length > 0;
  const newConfig = changeConfig(isAsked ? mergeImage(wishes.config!, config) : config, wishes.changes);
  const reference = wishes.name === "" ? undefined : parseReference(wishes.name);
  const pauses = wishes.pause && state.isRunning && !state.isPaused;
  let isHeld = false;
  try {
    if (pauses) isHeld = await holdStill(daemon, container);
    const imageId = await commitImage(daemon.images, {
      containerId: id,
      containerConfig: config,
      config: newConfig,
      parent: record.Image,
      author: wishes.author,
      comment: wishes.comment,
      ...(reference && { reference }),
    });
    const imageRef = reference ? familiarReference(reference) : "";
    daemon.publish("commit", container, { comment: wishes.comment, imageID: imageId, imageRef });
    return imageId;
  } finally {
    if (pauses) await goOn(daemon, container);
    if (isHeld) daemon.publish("unpause", container);
  }
}

/** @returns Whether it is paused now: it may have just ended, and is committed all the same. */
async function holdStill(daemon: Daemon, container: Container): Promise<boolean> {
  try {
    await daemon.containerd.pause(container.id);
  } catch (error) {
    noteFailure(`pause container ${container.id}`)(error as Error);
    return false;
  }
  daemon.publish("pause", container);
  return true;
}

/** Also when containerd has gone meanwhile: it comes back, and what was paused is paused still. */
async function goOn({ containerd }: Daemon, { id, state }: Container): Promise<void> {
  for (const start = performance.now(); ; await delay(LOOK_EVERY_MS)) {
    try {
      const task = await containerd.task(id);
      if (task?.status === Status.PAUSED && !state.isPaused) await containerd.resume(id);
      return;
    } catch (error) {
      if (performance.now() - start > COMEBACK_MS) throw error;
    }
  }
}
