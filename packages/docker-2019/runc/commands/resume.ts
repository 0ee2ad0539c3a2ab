/** `runc resume`: lets the processes of a paused container go on. */
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import { defineCommand } from "../command.ts";
import { Container } from "../container/container.ts";
import { log } from "../log.ts";
import { mayFail } from "../rootless.ts";

export const command = defineCommand({
  usage: "<container-id>",
  summary: "resumes all processes that have been previously paused",
  flags: {},
  minArgs: 1,
  maxArgs: 1,
  run({ globals, args: [id] }) {
    if (globals.rootless) log("warning", mayFail("resume"));
    const { hasInit, cgroup } = Container.load(globals.root, id!);
    if (!hasInit || cgroup.freezerState() === "THAWED") throw new FailedPrecondition("container not paused");
    cgroup.thaw();
    return 0;
  },
});
