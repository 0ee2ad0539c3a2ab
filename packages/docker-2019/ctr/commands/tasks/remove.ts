/** `ctr tasks rm`: the record of a task that has ended, or with --force of one that has to. */
import { constants } from "node:os";
import { FailedPrecondition, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { type Process, Status } from "../../../proto/gen/process_pb.ts";
import { flag, leaf } from "../../command.ts";
import type { Containerd } from "../../containerd.ts";
import { log } from "../../output/log.ts";
import { removeFifos } from "../../task/fifos.ts";
import { findTask } from "../../task/find.ts";
import { statusWord } from "../../task/status.ts";

export const remove = leaf<{ force?: true; execId?: string }>({
  name: "delete",
  aliases: ["del", "remove", "rm"],
  summary: "delete one or more tasks",
  usage: "[flags] CONTAINER [CONTAINER, ...]",
  options: [flag("-f, --force", "force delete task process"), flag("--exec-id <value>", "process ID to kill")],
  async run({ flags: { force = false, execId }, args, containerd }) {
    if (args.length === 0) throw new InvalidArgument("container id must be provided");
    let failure: unknown;
    for (const id of args) {
      try {
        await removeTask(containerd, id, execId, force);
      } catch (error) {
        log("error", `unable to delete ${id}`, { error: (error as Error).message });
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  },
});

async function removeTask(
  containerd: Containerd,
  id: string,
  execId: string | undefined,
  force: boolean,
): Promise<void> {
  const task = await findTask(containerd, id, execId);
  const name = { containerId: id, execId };
  if (force) await killAndWait(containerd, name);
  else checkEnded(task);
  const { exitStatus } = await (execId === undefined
    ? containerd.tasks.delete({ containerId: id })
    : containerd.tasks.deleteProcess(name));
  removeFifos(task);
  if (exitStatus !== 0) log("warning", `task ${id} exit with non-zero exit code ${exitStatus}`);
}

/** A created one has not begun. @throws {FailedPrecondition} */
function checkEnded({ status }: Process): void {
  if (status === Status.STOPPED || status === Status.CREATED) return;
  throw new FailedPrecondition(`task must be stopped before deletion: ${statusWord(status)}: failed precondition`);
}

async function killAndWait(containerd: Containerd, name: { containerId: string; execId: string | undefined }) {
  const ended = containerd.tasks.wait(name);
  try {
    await containerd.tasks.kill({ ...name, signal: constants.signals.SIGKILL, all: name.execId === undefined });
  } catch (error) {
    if (!(error instanceof NotFound)) throw error; // it has ended already
  }
  await ended;
}
