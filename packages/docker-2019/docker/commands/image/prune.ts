import type { ImagesPruneReport } from "../../../engine-api/image.ts";
import { encodeFilters } from "../../api-client.ts";
import { booleanFlag, filterFlag, leaf, NO_ARGUMENTS } from "../../command.ts";
import { prunedLines } from "../../image/deleted.ts";
import { confirm } from "../../output/confirm.ts";
import { printPruned } from "../../output/pruned.ts";

interface Flags {
  readonly all: boolean;
  readonly filter: readonly string[];
  readonly force: boolean;
}

export const prune = leaf<Flags>({
  usage: "[OPTIONS]",
  arguments: NO_ARGUMENTS,
  options: [
    booleanFlag("-a, --all", "Remove all unused images, not just dangling ones"),
    filterFlag("--filter <filter>", "Provide filter values (e.g. 'until=<timestamp>')"),
    booleanFlag("-f, --force", "Do not prompt for confirmation"),
  ],
  async run({ docker: { api }, flags }) {
    const loss = flags.all
      ? "This will remove all images without at least one container associated to them."
      : "This will remove all dangling images.";
    if (!flags.force && !(await confirm(loss))) return;
    const query = { filters: encodeFilters([...flags.filter, `dangling=${!flags.all}`]) };
    const { ImagesDeleted, SpaceReclaimed } = await api.post<ImagesPruneReport>("/images/prune", { query });
    printPruned([{ title: "Deleted Images:", names: prunedLines(ImagesDeleted) }], SpaceReclaimed);
  },
});
