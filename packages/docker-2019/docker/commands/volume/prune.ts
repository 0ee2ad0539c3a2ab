import type { VolumesPruneReport } from "../../../engine-api/volume.ts";
import { printPruned } from "../../output/pruned.ts";
import { pruneCommand } from "../../prune.ts";

export const prune = pruneCommand<VolumesPruneReport>({
  loss: "This will remove all local volumes not used by at least one container.",
  filterExample: "label=<label>",
  path: "/volumes/prune",
  print({ VolumesDeleted, SpaceReclaimed }) {
    printPruned([{ title: "Deleted Volumes:", names: VolumesDeleted }], SpaceReclaimed);
  },
});
