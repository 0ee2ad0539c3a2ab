import type { ImageSummary } from "../../../engine-api/image.ts";
import { encodeFilters } from "../../api-client.ts";
import { booleanFlag, filterFlag, flag, leaf } from "../../command.ts";
import { imageListing } from "../../image/listing.ts";
import { printListing } from "../../output/table.ts";

interface Flags {
  readonly all: boolean;
  readonly digests: boolean;
  readonly filter: readonly string[];
  readonly format?: string;
  readonly noTrunc: boolean;
  readonly quiet: boolean;
}

export const ls = leaf<Flags>({
  usage: "[OPTIONS] [REPOSITORY[:TAG]]",
  arguments: { min: 0, max: 1 },
  options: [
    booleanFlag("-a, --all", "Show all images (default hides intermediate images)"),
    booleanFlag("--digests", "Show digests"),
    filterFlag("-f, --filter <filter>", "Filter output based on conditions provided"),
    flag("--format <string>", "Pretty-print images using a Go template"),
    booleanFlag("--no-trunc", "Don't truncate output"),
    booleanFlag("-q, --quiet", "Only show image IDs"),
  ],
  async run({ docker, flags, args: [name] }) {
    const format = flags.format ?? (flags.quiet ? undefined : docker.config.content.imagesFormat);
    const filters = name === undefined ? flags.filter : [...flags.filter, `reference=${name}`];
    const images = await docker.api.get<readonly ImageSummary[]>("/images/json", {
      query: { all: flags.all ? 1 : undefined, filters: encodeFilters(filters) },
    });
    const listing = imageListing(images, { truncated: !flags.noTrunc, withDigests: flags.digests });
    await printListing(listing, { quiet: flags.quiet, format });
  },
});
