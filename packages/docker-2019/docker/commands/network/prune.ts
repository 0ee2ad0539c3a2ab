import type { NetworksPruneReport } from "../../../engine-api/network.ts";
import { encodeFilters } from "../../api-client.ts";
import { booleanFlag, filterFlag, leaf, NO_ARGUMENTS } from "../../command.ts";
import { confirm } from "../../output/confirm.ts";
import { printPruned } from "../../output/pruned.ts";

interface Flags {
  readonly filter: readonly string[];
  readonly force: boolean;
}

const LOSS = "This will remove all custom networks not used by at least one container.";

export const prune = leaf<Flags>({
  usage: "[OPTIONS]",
  arguments: NO_ARGUMENTS,
  options: [
    filterFlag("--filter <filter>", "Provide filter values (e.g. 'until=<timestamp>')"),
    booleanFlag("-f, --force", "Do not prompt for confirmation"),
  ],
  async run({ docker: { api }, flags }) {
    if (!flags.force && !(await confirm(LOSS))) return;
    const query = { filters: encodeFilters(flags.filter) };
    const { NetworksDeleted } = await api.post<NetworksPruneReport>("/networks/prune", { query });
    printPruned([{ title: "Deleted Networks:", names: NetworksDeleted }], undefined);
  },
});
