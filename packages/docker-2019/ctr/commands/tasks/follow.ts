/** `ctr tasks start` and `attach`: at a task until it ends. */
import { leaf } from "../../command.ts";
import { TaskStreams } from "../../task/fifos.ts";
import { findContainer, findTask } from "../../task/find.ts";
import { exitWith, START_OPTIONS, type StartFlags, startTask } from "../../task/start.ts";
import { follow } from "../../task/task.ts";

export const start = leaf<StartFlags>({
  name: "start",
  summary: "start a container that has been created",
  usage: "[flags] CONTAINER",
  options: START_OPTIONS,
  async run({ flags, args: [id], containerd }) {
    exitWith(await startTask(containerd, await findContainer(containerd, id), flags));
  },
});

export const attach = leaf({
  name: "attach",
  summary: "attach to the IO of a running container",
  usage: "CONTAINER",
  async run({ args: [id], containerd }) {
    const { stdin, stdout, stderr, terminal } = await findTask(containerd, id);
    const streams = new TaskStreams({ stdin, stdout, stderr });
    streams.shimHasOpened(); // when the task was created
    const status = await follow(containerd, { containerId: id! }, streams, { terminal });
    await containerd.tasks.delete({ containerId: id });
    streams.destroy();
    exitWith(status);
  },
});
