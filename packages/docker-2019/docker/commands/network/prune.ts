import type { NetworksPruneReport } from "../../../engine-api/network.ts";
import { printPruned } from "../../output/pruned.ts";
import { pruneCommand } from "../../prune.ts";

export const prune = pruneCommand<NetworksPruneReport>({
  loss: "This will remove all custom networks not used by at least one container.",
  filterExample: "until=<timestamp>",
  path: "/networks/prune",
  print({ NetworksDeleted }) {
    printPruned([{ title: "Deleted Networks:", names: NetworksDeleted }], undefined);
  },
});
