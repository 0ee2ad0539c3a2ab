import type { ContainersPruneReport } from "../../../engine-api/container.ts";
import { encodeFilters } from "../../api-client.ts";
import { booleanFlag, filterFlag, leaf, NO_ARGUMENTS } from "../../command.ts";
import { confirm } from "../../output/confirm.ts";
import { printPruned } from "../../output/pruned.ts";

interface Flags {
  readonly filter: readonly string[];
  readonly force: boolean;
}

export const prune = leaf<Flags>({
  usage: "[OPTIONS]",
  arguments: NO_ARGUMENTS,
  options: [
    filterFlag("--filter <filter>", "Provide filter values (e.g. 'until=<timestamp>')"),
    booleanFlag("-f, --force", "Do not prompt for confirmation"),
  ],
  async run({ docker: { api }, flags }) {
    if (!flags.force && !(await confirm("This will remove all stopped containers."))) return;
    const query = { filters: encodeFilters(flags.filter) };
    const { ContainersDeleted, SpaceReclaimed } = await api.post<ContainersPruneReport>("/containers/prune", { query });
    printPruned([{ title: "Deleted Containers:", names: ContainersDeleted }], SpaceReclaimed);
  },
});
