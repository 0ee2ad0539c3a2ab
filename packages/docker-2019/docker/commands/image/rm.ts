import type { ImageDeleteItem } from "../../../engine-api/image.ts";
import { booleanFlag, leaf, ONE_OR_MORE } from "../../command.ts";
import { failAfter } from "../../exit-status.ts";
import { deletedLines } from "../../image/deleted.ts";
import { askFor } from "../../no-such.ts";
import { print } from "../../output/print.ts";

interface Flags {
  readonly force: boolean;
  readonly noPrune: boolean;
}

export const rm = leaf<Flags>({
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  arguments: ONE_OR_MORE,
  options: [
    booleanFlag("-f, --force", "Force removal of the image"),
    booleanFlag("--no-prune", "Do not delete untagged parents"),
  ],
  async run({ docker: { api }, flags, args }) {
    const query = { force: flags.force ? 1 : undefined, noprune: flags.noPrune ? 1 : undefined };
    const errors: string[] = [];
    for (const name of args) {
      try {
        const path = `/images/${encodeURIComponent(name)}`;
        const items = await askFor("image", name, () => api.delete<readonly ImageDeleteItem[]>(path, { query }));
        for (const line of deletedLines(items)) print(line);
      } catch (error) {
        errors.push((error as Error).message);
      }
    }
    failAfter(errors);
  },
});
