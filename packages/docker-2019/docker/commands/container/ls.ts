import type { ContainerSummary } from "../../../engine-api/container.ts";
import { encodeFilters } from "../../api-client.ts";
import { booleanFlag, filterFlag, flag, leaf, NO_ARGUMENTS, numberFlag } from "../../command.ts";
import { containerListing } from "../../container/listing.ts";
import { printListing } from "../../output/table.ts";

interface Flags {
  readonly all: boolean;
  readonly filter: readonly string[];
  readonly format?: string;
  readonly last: number;
  readonly latest: boolean;
  readonly noTrunc: boolean;
  readonly quiet: boolean;
  readonly size: boolean;
}

export const ls = leaf<Flags>({
  usage: "[OPTIONS]",
  arguments: NO_ARGUMENTS,
  options: [
    booleanFlag("-a, --all", "Show all containers (default shows just running)"),
    filterFlag("-f, --filter <filter>", "Filter output based on conditions provided"),
    flag("--format <string>", "Pretty-print containers using a Go template"),
    numberFlag("-n, --last <int>", "Show n last created containers (includes all states)").default(-1),
    booleanFlag("-l, --latest", "Show the latest created container (includes all states)"),
    booleanFlag("--no-trunc", "Don't truncate output"),
    booleanFlag("-q, --quiet", "Only display container IDs"),
    booleanFlag("-s, --size", "Display total file sizes"),
  ],
  async run({ docker, flags }) {
    const format = flags.format ?? (flags.quiet ? undefined : docker.config.content.psFormat);
    const limit = flags.latest && flags.last === -1 ? 1 : flags.last;
    const containers = await docker.api.get<readonly ContainerSummary[]>("/containers/json", {
      query: {
        all: flags.all ? 1 : undefined,
        limit: limit > 0 ? limit : undefined,
        size: flags.size || showsSize(format) ? 1 : undefined,
        filters: encodeFilters(flags.filter),
      },
    });
    const listing = containerListing(containers, { truncated: !flags.noTrunc, withSize: flags.size });
    await printListing(listing, { quiet: flags.quiet, format });
  },
});

/** Sizes take the daemon long, so it counts only for who will see them: in their field, or in the whole row. */
function showsSize(format = ""): boolean {
  return format === "json" || /\.Size\b|\bjson \.(?!\w)/.test(format);
}
