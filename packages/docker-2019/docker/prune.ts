/** `docker container|network|volume prune`: asks, has the daemon remove what nobody uses, and says what is gone. */
import { encodeFilters } from "./api-client.ts";
import { booleanFlag, filterFlag, type Leaf, leaf, NO_ARGUMENTS } from "./command.ts";
import { confirm } from "./output/confirm.ts";

interface Flags {
  readonly filter: readonly string[];
  readonly force: boolean;
}

export interface Pruning<Report> {
  /** What the user is asked about. */
  readonly loss: string;
  /** `until=<timestamp>` */
  readonly filterExample: string;
  /** Of the request. */
  readonly path: string;
  print(report: Report): void;
}

export function pruneCommand<Report>({ loss, filterExample, path, print }: Pruning<Report>): Leaf {
  return leaf<Flags>({
    usage: "[OPTIONS]",
    arguments: NO_ARGUMENTS,
    options: [
      filterFlag("--filter <filter>", `Provide filter values (e.g. '${filterExample}')`),
      booleanFlag("-f, --force", "Do not prompt for confirmation"),
    ],
    async run({ docker: { api }, flags }) {
      if (!flags.force && !(await confirm(loss))) return;
      print(await api.post<Report>(path, { query: { filters: encodeFilters(flags.filter) } }));
    },
  });
}
