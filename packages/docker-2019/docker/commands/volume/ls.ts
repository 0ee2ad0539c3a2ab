import type { VolumeList } from "../../../engine-api/volume.ts";
import { encodeFilters } from "../../api-client.ts";
import { booleanFlag, filterFlag, flag, leaf, NO_ARGUMENTS } from "../../command.ts";
import { printListing } from "../../output/table.ts";
import { volumeRow } from "../../volume/listing.ts";

interface Flags {
  readonly filter: readonly string[];
  readonly format?: string;
  readonly quiet: boolean;
}

const TITLES = {
  Name: "VOLUME NAME",
  Driver: "DRIVER",
  Scope: "SCOPE",
  Mountpoint: "MOUNTPOINT",
  Labels: "LABELS",
  Links: "LINKS",
  Size: "SIZE",
};

export const ls = leaf<Flags>({
  usage: "[OPTIONS]",
  arguments: NO_ARGUMENTS,
  options: [
    filterFlag("-f, --filter <filter>", "Provide filter values (e.g. 'dangling=true')"),
    flag("--format <string>", "Pretty-print volumes using a Go template"),
    booleanFlag("-q, --quiet", "Only display volume names"),
  ],
  async run({ docker: { api, config }, flags }) {
    const { Volumes } = await api.get<VolumeList>("/volumes", { query: { filters: encodeFilters(flags.filter) } });
    const sorted = [...(Volumes ?? [])].sort((a, b) => a.Name.localeCompare(b.Name, "en", { numeric: true }));
    await printListing(
      {
        template: { type: "*formatter.volumeContext" },
        titles: TITLES,
        columns: ["Driver", "Name"],
        rows: sorted.map(volumeRow),
        key: "Name",
      },
      { quiet: flags.quiet, format: flags.format ?? config.content.volumesFormat },
    );
  },
});
