/** `ctr tasks kill`, `pause` and `resume`. */
import { signalNumber } from "@eras/linux/signals.ts";
import { flag, leaf } from "../../command.ts";
import { findContainer, findTask } from "../../task/find.ts";

/** The signal that ends the image's program in good order. */
const STOP_SIGNAL_LABEL = "io.containerd.image.config.stop-signal";
const DEFAULT_SIGNAL = "SIGTERM";

export const kill = leaf<{ signal?: string; execId?: string; all?: true }>({
  name: "kill",
  summary: "signal a container (default: SIGTERM)",
  usage: "[flags] CONTAINER",
  options: [
    flag("-s, --signal <value>", "signal to send to the container"),
    flag("--exec-id <value>", "process ID to kill"),
    flag("-a, --all", "send signal to all processes inside the container"),
  ],
  async run({ flags: { signal, execId, all }, args: [id], containerd }) {
    const { labels } = await findContainer(containerd, id);
    await findTask(containerd, id);
    const number = signalNumber(signal ?? labels[STOP_SIGNAL_LABEL] ?? DEFAULT_SIGNAL);
    await containerd.tasks.kill({ containerId: id, execId, signal: number, all });
  },
});

export const pause = leaf({
  name: "pause",
  summary: "pause an existing container",
  usage: "CONTAINER",
  async run({ args: [id], containerd }) {
    await findTask(containerd, id);
    await containerd.tasks.pause({ containerId: id });
  },
});

export const resume = leaf({
  name: "resume",
  summary: "resume a paused container",
  usage: "CONTAINER",
  async run({ args: [id], containerd }) {
    await findTask(containerd, id);
    await containerd.tasks.resume({ containerId: id });
  },
});
