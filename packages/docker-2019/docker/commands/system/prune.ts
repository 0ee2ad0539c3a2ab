import type { ContainersPruneReport } from "../../../engine-api/container.ts";
import type { ImagesPruneReport } from "../../../engine-api/image.ts";
import type { NetworksPruneReport } from "../../../engine-api/network.ts";
import type { VolumesPruneReport } from "../../../engine-api/volume.ts";
import { encodeFilters } from "../../api-client.ts";
import { booleanFlag, filterFlag, leaf, NO_ARGUMENTS } from "../../command.ts";
import { prunedLines } from "../../image/deleted.ts";
import { confirm } from "../../output/confirm.ts";
import { printPruned } from "../../output/pruned.ts";

interface Flags {
  readonly all: boolean;
  readonly filter: readonly string[];
  readonly force: boolean;
  readonly volumes: boolean;
}

export const prune = leaf<Flags>({
  usage: "[OPTIONS]",
  arguments: NO_ARGUMENTS,
  options: [
    booleanFlag("-a, --all", "Remove all unused images not just dangling ones"),
    filterFlag("--filter <filter>", "Provide filter values (e.g. 'label=<key>=<value>')"),
    booleanFlag("-f, --force", "Do not prompt for confirmation"),
    booleanFlag("--volumes", "Prune volumes"),
  ],
  async run({ docker: { api }, flags }) {
    if (flags.volumes && flags.filter.some((filter) => /^until\s*=/.test(filter)))
      throw new Error('ERROR: The "until" filter is not supported with "--volumes"');
    if (!flags.force && !(await confirm(loss(flags)))) return;
    const query = { filters: encodeFilters(flags.filter) };
    const imageQuery = { filters: encodeFilters([...flags.filter, `dangling=${!flags.all}`]) };
    const containers = await api.post<ContainersPruneReport>("/containers/prune", { query });
    const networks = await api.post<NetworksPruneReport>("/networks/prune", { query });
    const volumes = flags.volumes ? await api.post<VolumesPruneReport>("/volumes/prune", { query }) : undefined;
    const images = await api.post<ImagesPruneReport>("/images/prune", { query: imageQuery });
    printPruned(
      [
        { title: "Deleted Containers:", names: containers.ContainersDeleted },
        { title: "Deleted Networks:", names: networks.NetworksDeleted },
        { title: "Deleted Volumes:", names: volumes?.VolumesDeleted ?? [] },
        { title: "Deleted Images:", names: prunedLines(images.ImagesDeleted) },
      ],
      containers.SpaceReclaimed + (volumes?.SpaceReclaimed ?? 0) + images.SpaceReclaimed,
    );
  },
});

function loss({ all, volumes, filter }: Flags): string {
  const things = [
    "all stopped containers",
    "all networks not used by at least one container",
    ...(volumes ? ["all volumes not used by at least one container"] : []),
    all ? "all images without at least one container associated to them" : "all dangling images",
  ];
  const lines = (some: readonly string[]) => some.map((one) => `  - ${one}\n`).join("");
  const only = `\n  Items to be pruned will be filtered with:\n${lines(filter.toSorted())}`;
  return `This will remove:\n${lines(things)}${filter.length > 0 ? only : ""}`;
}
