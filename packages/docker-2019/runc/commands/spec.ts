/** `runc spec`: a config.json to start from. */
import { writeFileSync } from "node:fs";
import { cgroupMode } from "@eras/cgroups/detect.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { AlreadyExists } from "@eras/oci-spec/errdefs.ts";
import { CONFIG_FILE } from "@eras/oci-spec/runtime/bundle.ts";
import { defaultSpec, formatSpec, rootlessSpec, withCgroupNamespace } from "@eras/oci-spec/runtime/defaults.ts";
import { defineCommand } from "../command.ts";
import { callErrorText } from "../error-text.ts";

export const command = defineCommand({
  usage: "[command options]",
  summary: "create a new specification file",
  description: `Writes a file "config.json", which is made to be edited: it starts "sh" in a terminal, with a read-only root file system
   "rootfs" beside it. With a busybox, say, from its package:

       # mkdir -p hello/rootfs/bin && cd hello
       # cp /bin/busybox rootfs/bin/sh
       # runc spec
       # sed -i 's;"sh";"/bin/sh", "-c", "echo hello";' config.json
       # runc run hello`,
  flags: {
    bundle: { type: "string", short: "b", description: "path to the root of the bundle directory" },
    rootless: { type: "boolean", description: "generate a configuration for a rootless container" },
  },
  minArgs: 0,
  maxArgs: 0,
  run({ flags }) {
    if (flags.bundle) enter(flags.bundle);
    const spec = flags.rootless ? rootlessSpec(process.geteuid!(), process.getegid!()) : defaultSpec();
    write(formatSpec(cgroupMode() === "v2" ? withCgroupNamespace(spec) : spec));
    return 0;
  },
});

function enter(bundle: string): void {
  try {
    process.chdir(bundle);
  } catch (error) {
    throw new Error(callErrorText("chdir", bundle, error as NodeJS.ErrnoException), { cause: error });
  }
}

/** An edited file is not lost, even if two try at once. */
function write(text: string): void {
  try {
    writeFileSync(CONFIG_FILE, text, { flag: "wx", mode: 0o666 });
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    throw new AlreadyExists(`File ${CONFIG_FILE} exists. Remove it first`, { cause: error });
  }
}
