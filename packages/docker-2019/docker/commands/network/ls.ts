import type { NetworkResource } from "../../../engine-api/network.ts";
import { encodeFilters } from "../../api-client.ts";
import { booleanFlag, filterFlag, flag, leaf, NO_ARGUMENTS } from "../../command.ts";
import { goTime } from "../../output/age.ts";
import { formatLabels } from "../../output/labels.ts";
import { printListing, type Row } from "../../output/table.ts";
import { shortId } from "../../output/truncate.ts";

interface Flags {
  readonly filter: readonly string[];
  readonly format?: string;
  readonly noTrunc: boolean;
  readonly quiet: boolean;
}

const TITLES = {
  ID: "NETWORK ID",
  Name: "NAME",
  Driver: "DRIVER",
  Scope: "SCOPE",
  IPv6: "IPV6",
  Internal: "INTERNAL",
  Labels: "LABELS",
  CreatedAt: "CREATED AT",
};

export const ls = leaf<Flags>({
  usage: "[OPTIONS]",
  arguments: NO_ARGUMENTS,
  options: [
    filterFlag("-f, --filter <filter>", "Provide filter values (e.g. 'driver=bridge')"),
    flag("--format <string>", "Pretty-print networks using a Go template"),
    booleanFlag("--no-trunc", "Do not truncate the output"),
    booleanFlag("-q, --quiet", "Only display network IDs"),
  ],
  async run({ docker: { api, config }, flags }) {
    const query = { filters: encodeFilters(flags.filter) };
    const networks = await api.get<readonly NetworkResource[]>("/networks", { query });
    const rows = [...networks].sort(byName).map((network) => rowOf(network, !flags.noTrunc));
    await printListing(
      {
        template: { type: "*network.networkContext" },
        titles: TITLES,
        columns: ["ID", "Name", "Driver", "Scope"],
        rows,
        key: "ID",
      },
      { quiet: flags.quiet, format: flags.format ?? config.content.networksFormat },
    );
  },
});

/** Numbers in names count as numbers: net2 comes before net10. */
function byName(a: NetworkResource, b: NetworkResource): number {
  return a.Name.localeCompare(b.Name, "en", { numeric: true });
}

function rowOf(network: NetworkResource, truncated: boolean): Row {
  return {
    ID: truncated ? shortId(network.Id) : network.Id,
    Name: network.Name,
    Driver: network.Driver,
    Scope: network.Scope,
    IPv6: String(network.EnableIPv6),
    Internal: String(network.Internal),
    Labels: formatLabels(network.Labels),
    Label: (key = "") => network.Labels?.[key] ?? "",
    get CreatedAt() {
      return goTime(Date.parse(network.Created) / 1000); // dear: it asks for the zone
    },
  };
}
