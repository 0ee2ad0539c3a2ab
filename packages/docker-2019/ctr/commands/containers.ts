/** `ctr containers`: records of what can be run. */
import { InvalidArgument, NotFound, NotImplemented } from "@eras/oci-spec/errdefs.ts";
import type { Container } from "../../proto/gen/containers_pb.ts";
import { Status } from "../../proto/gen/process_pb.ts";
import { flag, type Group, leaf, parsePairs } from "../command.ts";
import { createContainer, readWanted } from "../container/create.ts";
import { CONTAINER_OPTIONS, type ContainerFlags } from "../container/flags.ts";
import { containerJson, specJson } from "../container/json.ts";
import { removeContainer } from "../container/remove.ts";
import type { Containerd } from "../containerd.ts";
import { log } from "../output/log.ts";
import { formatLabels, print, printJson, printTable } from "../output/print.ts";
import { WIDE } from "../output/table.ts";
import { goTime } from "../output/time.ts";
import { findContainer } from "../task/find.ts";
import { statusWord } from "../task/status.ts";

const create = leaf<ContainerFlags>({
  name: "create",
  summary: "create container",
  usage: "[flags] Image|RootFS CONTAINER [COMMAND] [ARG...]",
  options: CONTAINER_OPTIONS,
  async run({ flags, args, containerd }) {
    await createContainer(containerd, readWanted(args, flags), flags);
  },
});

const list = leaf<{ quiet?: true }>({
  name: "list",
  aliases: ["ls"],
  summary: "list containers",
  usage: "[flags] [<filter>, ...]",
  options: [flag("-q, --quiet", "print only the container id")],
  async run({ flags: { quiet }, args, containerd }) {
    const all = await listContainers(containerd, args);
    if (quiet) return all.forEach(({ id }) => void print(id));
    const rows = all.map(({ id, image, runtime }) => `${id}\t${image || "-"}\t${runtime?.name ?? ""}\t`);
    printTable(["CONTAINER\tIMAGE\tRUNTIME\t", ...rows], WIDE);
  },
});

/** As a stream, which has no limit; a containerd that has none gives a list. */
async function listContainers(containerd: Containerd, filters: readonly string[]): Promise<Container[]> {
  try {
    const messages = await Array.fromAsync(containerd.containers.listStream({ filters }));
    return messages.flatMap(({ container }) => container ?? []);
  } catch (error) {
    if (!(error instanceof NotImplemented)) throw error;
    return (await containerd.containers.list({ filters })).containers;
  }
}

const info = leaf<{ spec?: true }>({
  name: "info",
  summary: "get info about a container",
  usage: "CONTAINER",
  options: [flag("--spec", "only display the spec")],
  async run({ flags: { spec }, args: [id], containerd }) {
    if (!id) throw new InvalidArgument("container id must be provided");
    const { container } = await containerd.containers.get({ id });
    printJson(spec ? specJson(container!) : containerJson(container!));
  },
});

const remove = leaf<{ keepSnapshot?: true }>({
  name: "delete",
  aliases: ["del", "remove", "rm"],
  summary: "delete one or more existing containers",
  usage: "[flags] CONTAINER [CONTAINER, ...]",
  options: [flag("--keep-snapshot", "do not clean up snapshot with container")],
  async run({ flags: { keepSnapshot = false }, args, containerd }) {
    if (args.length === 0) throw new InvalidArgument("must specify at least one container to delete");
    let failure: unknown;
    for (const id of args) {
      try {
        await removeStopped(containerd, id, keepSnapshot);
      } catch (error) {
        log("error", `failed to delete container ${JSON.stringify(id)}`, { error: (error as Error).message });
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  },
});

/** A task that has ended goes with its container. @throws {Error} When it has not ended. */
async function removeStopped(containerd: Containerd, id: string, keepSnapshot: boolean): Promise<void> {
  const { container } = await containerd.containers.get({ id });
  try {
    const { process: found } = await containerd.tasks.get({ containerId: id });
    const { status, exitStatus, exitedAt } = found!;
    if (status !== Status.STOPPED && status !== Status.CREATED)
      throw new Error(
        `cannot delete a non stopped container: {${statusWord(status)} ${exitStatus} ${goTime(exitedAt)}}`,
      );
    await containerd.tasks.delete({ containerId: id });
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
  }
  await removeContainer(containerd, container!, { keepSnapshot });
}

const label = leaf({
  name: "label",
  summary: "set and clear labels for a container",
  usage: "CONTAINER [<key>=<value>, ...]",
  async run({ args: [id, ...pairs], containerd }) {
    await findContainer(containerd, id);
    const labels = parsePairs(pairs);
    const paths = Object.keys(labels).map((key) => `labels.${key}`);
    const { container } = await containerd.containers.update({ container: { id, labels }, updateMask: { paths } });
    print(formatLabels(container!.labels, ""));
  },
});

export const containers: Group = {
  name: "containers",
  summary: "manage containers",
  commands: [create, remove, info, list, label],
};
