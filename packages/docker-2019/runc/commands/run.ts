/** `runc run`: creates a container, starts it, and stays with it until it ends. */
import { setChildSubreaper } from "@eras/linux/prctl.ts";
import { defineCommand } from "../command.ts";
import { enterBundle } from "../container/bundle.ts";
import type { Container } from "../container/container.ts";
import { createContainer } from "../container/create-container.ts";
import { destroy } from "../container/destroy.ts";
import { attend } from "../container/foreground.ts";
import { writeContainerPid } from "../container/pid-file.ts";
import { notifySocketOf, startContainer } from "../container/start-container.ts";
import { ensureSealed } from "../init/sealed.ts";
import { keepConsole } from "../terminal/console-socket.ts";
import { command as create } from "./create.ts";

export const command = defineCommand({
  usage: "[command options] <container-id>",
  summary: "create and run a container",
  description: `Makes a container of a bundle, a directory with config.json and a root file system, and runs its program. The exit status is the
   program's.`,
  flags: {
    ...create.flags,
    detach: { type: "boolean", short: "d", description: "detach from the container's process" },
    keep: { type: "boolean", description: "do not delete the container after it exits" },
    "no-subreaper": {
      type: "boolean",
      description: "disable the use of the subreaper used to reap reparented processes",
    },
  },
  minArgs: 1,
  maxArgs: 1,
  failurePrefix: "runc run failed: ",
  async run({ globals, flags, args }) {
    await ensureSealed(flags["preserve-fds"]);
    const { bundle, spec, pidFile } = await enterBundle(flags);
    const terminal = spec.process?.terminal ?? false;
    const detach = flags.detach ?? false;
    const keeper = await keepConsole({ terminal, detach, consoleSocket: flags["console-socket"] });
    const container = await createContainer(spec, {
      id: args[0]!,
      bundle,
      globals,
      noPivot: flags["no-pivot"] ?? false,
      noNewKeyring: flags["no-new-keyring"] ?? false,
      preserveFds: flags["preserve-fds"] ?? 0,
      consoleFd: keeper.consoleFd,
      pidfdSocket: flags["pidfd-socket"],
    });
    keeper.closeSocket();
    const pid = container.state.init_process_pid;
    if (pidFile) await writeContainerPid({ path: pidFile, container });
    if (detach || flags["no-subreaper"]) setChildSubreaper(false);
    const ended = detach ? undefined : attend(pid, keeper.proxy);
    const notify = await notifySocketOf(container.dir);
    notify?.listen();
    await startContainer(container);
    if (ended === undefined) {
      notify?.forwardReady(pid);
      return 0;
    }
    const stopNotifying = notify?.forwardMeanwhile(process.pid);
    const status = await ended;
    stopNotifying?.();
    if (!flags.keep) await remove(container);
    return status;
  },
});

/** The program has ended, but may have left others behind, in a container without a PID namespace. */
async function remove(container: Container): Promise<void> {
  await container.cgroup.killAll();
  await destroy(container);
}
