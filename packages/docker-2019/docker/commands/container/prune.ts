import type { ContainersPruneReport } from "../../../engine-api/container.ts";
import { printPruned } from "../../output/pruned.ts";
import { pruneCommand } from "../../prune.ts";

export const prune = pruneCommand<ContainersPruneReport>({
  loss: "This will remove all stopped containers.",
  filterExample: "until=<timestamp>",
  path: "/containers/prune",
  print({ ContainersDeleted, SpaceReclaimed }) {
    printPruned([{ title: "Deleted Containers:", names: ContainersDeleted }], SpaceReclaimed);
  },
});
