import { parseReference } from "@eras/oci-spec/reference.ts";
import type { ImageSearchResult } from "../../../engine-api/image.ts";
import { encodeFilters } from "../../api-client.ts";
import { booleanFlag, filterFlag, flag, leaf, numberFlag, ONE_ARGUMENT } from "../../command.ts";
import { registryAuth } from "../../container/pull.ts";
import { printListing } from "../../output/table.ts";
import { ellipsis } from "../../output/truncate.ts";

interface Flags {
  readonly filter: readonly string[];
  readonly format?: string;
  readonly limit: number;
  readonly noTrunc: boolean;
}

const TITLES = {
  Name: "NAME",
  Description: "DESCRIPTION",
  StarCount: "STARS",
  IsOfficial: "OFFICIAL",
  IsAutomated: "AUTOMATED",
};
const DESCRIPTION_LENGTH = 45;

export const search = leaf<Flags>({
  usage: "[OPTIONS] TERM",
  arguments: ONE_ARGUMENT,
  options: [
    filterFlag("-f, --filter <filter>", "Filter output based on conditions provided"),
    flag("--format <string>", "Pretty-print search using a Go template"),
    numberFlag("--limit <int>", "Max number of search results").default(25),
    booleanFlag("--no-trunc", "Don't truncate output"),
  ],
  async run({ docker, flags, args: [term = ""] }) {
    const results = await docker.api.get<readonly ImageSearchResult[]>("/images/search", {
      query: { term, limit: flags.limit, filters: encodeFilters(flags.filter) },
      headers: await registryAuth(docker, parseReference(term)),
    });
    const rows = results.map((result) => ({
      Name: result.name,
      Description: describe(result, flags),
      StarCount: String(result.star_count),
      IsOfficial: result.is_official ? "[OK]" : "",
      IsAutomated: result.is_automated ? "[OK]" : "",
    }));
    await printListing(
      {
        template: { type: "*registry.searchContext" },
        titles: TITLES,
        columns: Object.keys(TITLES),
        rows,
        key: "Name",
      },
      flags,
    );
  },
});

function describe({ description }: ImageSearchResult, { noTrunc }: Flags): string {
  const line = description.replaceAll("\n", " ").replaceAll("\r", " ");
  return noTrunc ? line : ellipsis(line, DESCRIPTION_LENGTH);
}
