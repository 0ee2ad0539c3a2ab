/** Other limits for a container, running or not, and another restart policy. */
import type { ContainerUpdateResponse } from "../../engine-api/container.ts";
import { type UpdateRequest, updateHostConfig, verifyUpdate } from "../config/update.ts";
import type { Container } from "../container/container.ts";
import { updatedResources } from "../spec/resources.ts";
import type { Daemon } from "./daemon.ts";

/** @param knowsPidsLimit - Whether the client's version of the API has it. */
export async function updateContainer(
  daemon: Daemon,
  container: Container,
  request: UpdateRequest,
  knowsPidsLimit: boolean,
): Promise<ContainerUpdateResponse> {
  const { value, warnings } = verifyUpdate(request, daemon.defaults, knowsPidsLimit);
  const before = container.hostConfig;
  container.hostConfig = updateHostConfig(container.id, before, value);
  try {
    if (container.state.isRunning && !container.state.isRestarting)
      await daemon.containerd.update(container.id, updatedResources(container.hostConfig));
  } catch (error) {
    container.hostConfig = before;
    throw error;
  }
  container.save();
  daemon.publish("update", container);
  return { Warnings: warnings.length > 0 ? warnings : null };
}
