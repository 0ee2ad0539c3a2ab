/** `runc kill`: sends a signal to a container's first process, or to all. */
import { isErrno } from "@eras/linux/errno.ts";
import { kill, signalNumber } from "@eras/linux/signals.ts";
import { FailedPrecondition, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { step } from "../../step.ts";
import { defineCommand } from "../command.ts";
import { Container } from "../container/container.ts";
import { errorText } from "../error-text.ts";
import { hasNewNamespace } from "../init/namespaces.ts";

export const command = defineCommand({
  usage: "[command options] <container-id> [signal]",
  summary: "kill sends the specified signal (default: SIGTERM) to the container's init process",
  description: `The signal is a name, with or without SIG, or a number:

       # runc kill ubuntu01 KILL`,
  flags: {
    all: {
      type: "boolean",
      short: "a",
      description: "send the specified signal to all processes inside the container",
    },
  },
  minArgs: 1,
  maxArgs: 2,
  async run({ globals, flags, args: [id, signal = "SIGTERM"] }) {
    await signalContainer(Container.load(globals.root, id!), parseSignal(signal), flags.all ?? false);
    return 0;
  },
});

/** A number is for the kernel to judge, be it negative; 0 asks whether there is anybody to hear a signal: kill(2). */
function parseSignal(signal: string): number {
  if (/^[-+]?\d+$/.test(signal)) return Number(signal);
  try {
    return signalNumber(signal);
  } catch (error) {
    throw new InvalidArgument(`unknown signal ${JSON.stringify(signal)}`, { cause: error });
  }
}

/** Without a PID namespace of their own, the other processes would outlive the first: who kills means all of them. */
async function signalContainer(container: Container, signal: number, all: boolean): Promise<void> {
  step("runc.kill", { id: container.id, signal, all });
  const { cgroup, hasInit, state } = container;
  const kills = signal === signalNumber("SIGKILL");
  const killsAll = kills && !hasNewNamespace(state.spec.linux ?? {}, "pid");
  if (all || (killsAll && !hasInit && cgroup.pids().length > 0)) return cgroup.signalAll(signal); // the init may have left others behind
  if (!hasInit) throw new FailedPrecondition("container not running"); // one that is being created has none yet
  signalInit(container, signal);
  if (killsAll) await cgroup.signalAll(signal);
  else if (kills && container.status === "paused") cgroup.thaw(); // v1's frozen processes hear nothing
}

function signalInit({ state }: Container, signal: number): void {
  try {
    kill(state.init_process_pid, signal);
  } catch (error) {
    if (isErrno(error, "ESRCH")) throw new FailedPrecondition("container not running", { cause: error });
    throw new Error(`unable to signal init: ${errorText(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}
