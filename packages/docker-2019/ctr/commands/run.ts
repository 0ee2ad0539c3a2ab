/** `ctr run`: a container and its task, in one. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Container } from "../../proto/gen/containers_pb.ts";
import { flag, leaf } from "../command.ts";
import { createContainer, readWanted } from "../container/create.ts";
import { CONTAINER_OPTIONS, type ContainerFlags } from "../container/flags.ts";
import { removeContainer } from "../container/remove.ts";
import type { Containerd } from "../containerd.ts";
import { exitWith, START_OPTIONS, type StartFlags, startTask } from "../task/start.ts";

interface RunFlags extends ContainerFlags, StartFlags {
  readonly rm?: true;
}

export const run = leaf<RunFlags>({
  name: "run",
  summary: "run a container",
  usage: "[flags] Image|RootFS ID [COMMAND] [ARG...]",
  options: [
    flag("--rm", "remove the container after running, cannot be used with --detach"),
    ...START_OPTIONS,
    ...CONTAINER_OPTIONS,
  ],
  async run({ flags, args, containerd }) {
    const wanted = readWanted(args, flags);
    if (flags.rm && flags.detach) throw new InvalidArgument("flags --detach and --rm cannot be specified together");
    const container = await createContainer(containerd, wanted, flags);
    exitWith(await runContainer(containerd, container, flags));
  },
});

async function runContainer(
  containerd: Containerd,
  container: Container,
  flags: RunFlags,
): Promise<number | undefined> {
  try {
    return await startTask(containerd, container, flags);
  } finally {
    if (flags.rm) await removeContainer(containerd, container);
  }
}
