/** `runc delete`: removes what is left of a container. */
import { isErrno } from "@eras/linux/errno.ts";
import { kill, signalNumber } from "@eras/linux/signals.ts";
import { FailedPrecondition, NotFound } from "@eras/oci-spec/errdefs.ts";
import { step } from "../../step.ts";
import { defineCommand } from "../command.ts";
import { Container } from "../container/container.ts";
import { destroy } from "../container/destroy.ts";
import { removeStateDir, stateDir } from "../container/state.ts";

export const command = defineCommand({
  usage: "[command options] <container-id>",
  summary: "delete any resources held by the container often used with detached container",
  flags: {
    force: {
      type: "boolean",
      short: "f",
      description: "Forcibly deletes the container if it is still running (uses SIGKILL)",
    },
  },
  minArgs: 1,
  maxArgs: 1,
  async run({ globals, flags, args: [id] }) {
    await remove(globals.root, id!, flags.force ?? false);
    return 0;
  },
});

async function remove(root: string, id: string, force: boolean): Promise<void> {
  step("runc.delete", { id, force });
  const container = find(root, id, force);
  if (container === undefined) return;
  const { status } = container;
  if (status !== "stopped" && status !== "created" && !force) {
    throw new FailedPrecondition(`cannot delete container ${id} that is not stopped: ${status}`);
  }
  if (status !== "stopped") await killAll(container);
  await destroy(container);
}

/** With force, what isn't there is fine, and a directory whose state was never written is a leftover of a crash. */
function find(root: string, id: string, force: boolean): Container | undefined {
  try {
    return Container.load(root, id);
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    removeStateDir(stateDir(root, id));
    if (!force) throw error;
    return undefined;
  }
}

/** The cgroup knows all processes, of a container that is being created too. Its init may not have joined it yet. */
async function killAll({ cgroup, state, hasInit }: Container): Promise<void> {
  if (hasInit) {
    try {
      kill(state.init_process_pid, signalNumber("SIGKILL"));
    } catch (error) {
      if (!isErrno(error, "ESRCH")) throw error;
    }
  }
  await cgroup.killAll();
}
