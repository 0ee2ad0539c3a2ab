/** `ctr tasks checkpoint`: a task's state to disk, through the runtime and CRIU. */
import { packAny } from "../../../proto/any.ts";
import { CheckpointOptionsSchema } from "../../../proto/gen/runc-options_pb.ts";
import { flag, leaf } from "../../command.ts";
import { print } from "../../output/print.ts";
import { findTask } from "../../task/find.ts";

interface CheckpointFlags {
  readonly exit?: true;
  readonly imagePath?: string;
  readonly workPath?: string;
}

export const checkpoint = leaf<CheckpointFlags>({
  name: "checkpoint",
  summary: "checkpoint a container",
  usage: "[flags] CONTAINER",
  options: [
    flag("--exit", "stop the container after the checkpoint"),
    flag("--image-path <value>", "path to criu image files"),
    flag("--work-path <value>", "path to criu work files and logs"),
  ],
  async run({ flags: { exit, imagePath, workPath }, args: [id], containerd }) {
    await findTask(containerd, id);
    const options = packAny(CheckpointOptionsSchema, { exit, imagePath, workPath });
    const { descriptors } = await containerd.tasks.checkpoint({ containerId: id, options });
    for (const { digest } of descriptors) print(digest);
  },
});
