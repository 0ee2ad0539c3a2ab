/** `runc restore`: makes a container of what "runc checkpoint" has saved. */
import { setChildSubreaper } from "@eras/linux/prctl.ts";
import { defineCommand } from "../command.ts";
import { enterBundle } from "../container/bundle.ts";
import { destroy } from "../container/destroy.ts";
import { attend } from "../container/foreground.ts";
import { writeContainerPid } from "../container/pid-file.ts";
import { CRIU_FLAGS, criuDirectories, flagOptions } from "../criu/criu-flags.ts";
import { restoreContainer } from "../criu/restore-container.ts";
import { keepConsole } from "../terminal/console-socket.ts";
import { command as run } from "./run.ts";

export const command = defineCommand({
  usage: "[command options] <container-id>",
  summary: "restore a container from a previous checkpoint",
  description: `The container runs on where it was when "runc checkpoint" saved it, from a bundle with the same configuration and root file
   system. The program criu does it. Debian has it as a package; https://criu.org tells more.`,
  flags: {
    ...CRIU_FLAGS,
    bundle: run.flags.bundle,
    "console-socket": run.flags["console-socket"],
    "pid-file": run.flags["pid-file"],
    detach: run.flags.detach,
    "no-pivot": run.flags["no-pivot"],
    "no-subreaper": run.flags["no-subreaper"],
    "lsm-profile": {
      type: "string",
      description: "Specify an LSM profile to be used during restore in the form of TYPE:NAME.",
    },
    "lsm-mount-context": {
      type: "string",
      description: "Specify an LSM mount context to be used during restore.",
    },
  },
  minArgs: 1,
  maxArgs: 1,
  async run({ globals, flags, args: [id] }) {
    const directories = criuDirectories(flags);
    const { bundle, spec, pidFile } = await enterBundle(flags);
    const terminal = spec.process?.terminal ?? false;
    const detach = flags.detach ?? false;
    const keeper = await keepConsole({ terminal, detach, consoleSocket: flags["console-socket"] });
    const options = {
      ...flagOptions(flags),
      lsm_profile: flags["lsm-profile"],
      lsm_mount_context: flags["lsm-mount-context"],
    };
    const container = await restoreContainer(spec, {
      id: id!,
      bundle,
      globals,
      directories,
      options,
      consoleFd: keeper.consoleFd,
    });
    keeper.closeSocket();
    if (pidFile) await writeContainerPid({ path: pidFile, container });
    if (detach || flags["no-subreaper"]) setChildSubreaper(false);
    if (detach) return 0;
    const status = await attend(container.state.init_process_pid, keeper.proxy);
    await container.cgroup.killAll();
    await destroy(container);
    return status;
  },
});
