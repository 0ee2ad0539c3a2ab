/** `runc create`: a container whose program does not run yet. */

import { defineCommand } from "../command.ts";
import { enterBundle } from "../container/bundle.ts";
import { createContainer } from "../container/create-container.ts";
import { writeContainerPid } from "../container/pid-file.ts";
import { ensureSealed } from "../init/sealed.ts";
import { PROCESS_FLAGS } from "../process-flags.ts";
import { connectConsole } from "../terminal/console-socket.ts";

export const command = defineCommand({
  usage: "[command options] <container-id>",
  summary: "create a container",
  description: `Makes a container of a bundle, a directory with config.json and a root file system, up to the point where its program
   would start: "runc start" starts it.`,
  flags: {
    bundle: {
      type: "string",
      short: "b",
      description: "path to the root of the bundle directory, defaults to the current directory",
    },
    "console-socket": PROCESS_FLAGS["console-socket"],
    "pidfd-socket": PROCESS_FLAGS["pidfd-socket"],
    "pid-file": PROCESS_FLAGS["pid-file"],
    "no-pivot": {
      type: "boolean",
      description:
        "do not use pivot root to jail process inside rootfs.  This should be used whenever the rootfs is on top of a ramdisk",
    },
    "no-new-keyring": { type: "boolean", description: "do not create a new session keyring for the container" },
    "preserve-fds": PROCESS_FLAGS["preserve-fds"],
  },
  minArgs: 1,
  maxArgs: 1,
  failurePrefix: "runc create failed: ",
  async run({ globals, flags, args }) {
    await ensureSealed(flags["preserve-fds"]);
    const { bundle, spec, pidFile } = await enterBundle(flags);
    const container = await createContainer(spec, {
      id: args[0]!,
      bundle,
      globals,
      noPivot: flags["no-pivot"] ?? false,
      noNewKeyring: flags["no-new-keyring"] ?? false,
      preserveFds: flags["preserve-fds"] ?? 0,
      consoleFd: connectConsole({
        terminal: spec.process?.terminal ?? false,
        detach: true,
        consoleSocket: flags["console-socket"],
      }),
      pidfdSocket: flags["pidfd-socket"],
    });
    if (pidFile) await writeContainerPid({ path: pidFile, container });
    return 0;
  },
});
