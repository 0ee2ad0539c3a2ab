/** `runc pause`: stops a container's processes where they are. */
import { FailedPrecondition } from "@eras/oci-spec/errdefs.ts";
import { defineCommand } from "../command.ts";
import { Container } from "../container/container.ts";
import { log } from "../log.ts";
import { mayFail } from "../rootless.ts";

export const command = defineCommand({
  usage: "<container-id>",
  summary: "pause suspends all processes inside the container",
  description: `The processes don't notice: they are held by the freezer of their cgroup until "runc resume". See "runc list" for what
   containers there are.`,
  flags: {},
  minArgs: 1,
  maxArgs: 1,
  async run({ globals, args: [id] }) {
    if (globals.rootless) log("warning", mayFail("pause"));
    await pause(Container.load(globals.root, id!));
    return 0;
  },
});

/** An init that waits for `start` may be paused too. */
async function pause({ status, cgroup }: Container): Promise<void> {
  const isPaused = cgroup.freezerState() !== "THAWED";
  if (isPaused || (status !== "running" && status !== "created")) throw new FailedPrecondition("container not running");
  await cgroup.freeze();
}
