import type { VolumesPruneReport } from "../../../engine-api/volume.ts";
import { encodeFilters } from "../../api-client.ts";
import { booleanFlag, filterFlag, leaf, NO_ARGUMENTS } from "../../command.ts";
import { confirm } from "../../output/confirm.ts";
import { printPruned } from "../../output/pruned.ts";

interface Flags {
  readonly filter: readonly string[];
  readonly force: boolean;
}

const LOSS = "This will remove all local volumes not used by at least one container.";

export const prune = leaf<Flags>({
  usage: "[OPTIONS]",
  arguments: NO_ARGUMENTS,
  options: [
    filterFlag("--filter <filter>", "Provide filter values (e.g. 'label=<label>')"),
    booleanFlag("-f, --force", "Do not prompt for confirmation"),
  ],
  async run({ docker: { api }, flags }) {
    if (!flags.force && !(await confirm(LOSS))) return;
    const query = { filters: encodeFilters(flags.filter) };
    const { VolumesDeleted, SpaceReclaimed } = await api.post<VolumesPruneReport>("/volumes/prune", { query });
    printPruned([{ title: "Deleted Volumes:", names: VolumesDeleted }], SpaceReclaimed);
  },
});
