/** Starting the program of a created container. */
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import { step } from "../../step.ts";
import type { NotifySocket } from "../init/notify-socket.ts";
import type { Container } from "./container.ts";
import { openFifo } from "./exec-fifo.ts";
import { runHooks } from "./hooks.ts";

/** For a service manager that started us and wants to hear when the program is ready; undefined if none does. */
export async function notifySocketOf(stateDir: string): Promise<NotifySocket | undefined> {
  const { NOTIFY_SOCKET: host } = process.env;
  return host ? new (await import("../init/notify-socket.ts")).NotifySocket(host, stateDir) : undefined;
}

/** @throws {FailedPrecondition} Unless it is created: a container starts once. */
export async function startContainer(container: Container): Promise<void> {
  step("runc.start", { id: container.id });
  const { status } = container;
  if (status === "stopped") throw new FailedPrecondition("cannot start a container that has stopped");
  if (status === "running") throw new FailedPrecondition("cannot start an already running container");
  if (status !== "created") throw new FailedPrecondition(`cannot start a container in the ${status} state`);
  openFifo(container.dir, container.state.init_process_pid);
  try {
    runHooks(container.state.spec.hooks, "poststart", container.toState("running"));
  } catch (error) {
    const { destroy } = await import("./destroy.ts");
    await container.cgroup.killAll();
    await destroy(container);
    throw error;
  }
}
