/** Looking up a container's task. */
import { InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Container } from "../../proto/gen/containers_pb.ts";
import type { Process } from "../../proto/gen/process_pb.ts";
import type { Containerd } from "../containerd.ts";

/** Behind every error of that kind, as clients of containerd show it. */
const KIND = ": not found";

/** @throws {InvalidArgument} When no name is given; {NotFound} When there is no such container. */
export async function findContainer(containerd: Containerd, id: string | undefined): Promise<Container> {
  if (!id) throw new InvalidArgument("container id must be provided");
  return (await containerd.containers.get({ id })).container!;
}

/** The container's first process, or with an exec id another. @throws {NotFound} When it has no task, in containerd's words. */
export async function findTask(containerd: Containerd, id: string | undefined, execId = ""): Promise<Process> {
  const container = await findContainer(containerd, id);
  try {
    const { process: found } = await containerd.tasks.get({ containerId: container.id, execId });
    return found!;
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    const message = error.message.endsWith(KIND) ? error.message : error.message + KIND;
    throw new NotFound(`no running ${execId === "" ? "task" : "process"} found: ${message}`, { cause: error });
  }
}
