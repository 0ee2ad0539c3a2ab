import type { ImageHistoryItem } from "../../../engine-api/image.ts";
import { booleanFlag, flag, leaf, ONE_ARGUMENT } from "../../command.ts";
import { ago } from "../../output/age.ts";
import { decimalSize } from "../../output/size.ts";
import { printListing, type Row } from "../../output/table.ts";
import { ellipsis, shortId } from "../../output/truncate.ts";

interface Flags {
  readonly format?: string;
  readonly human: boolean;
  readonly noTrunc: boolean;
  readonly quiet: boolean;
}

const TITLES = {
  ID: "IMAGE",
  CreatedSince: "CREATED",
  CreatedAt: "CREATED AT",
  CreatedBy: "CREATED BY",
  Size: "SIZE",
  Comment: "COMMENT",
};
const COMMAND_LENGTH = 45;
const MISSING = "<missing>";

export const history = leaf<Flags>({
  usage: "[OPTIONS] IMAGE",
  arguments: ONE_ARGUMENT,
  options: [
    flag("--format <string>", "Pretty-print images using a Go template"),
    booleanFlag("-H, --human", "Print sizes and dates in human readable format", true),
    booleanFlag("--no-trunc", "Don't truncate output"),
    booleanFlag("-q, --quiet", "Only show image IDs"),
  ],
  async run({ docker: { api }, flags, args: [name = ""] }) {
    const items = await api.get<readonly ImageHistoryItem[]>(`/images/${encodeURIComponent(name)}/history`);
    const created = flags.human ? "CreatedSince" : "CreatedAt";
    const columns = ["ID", created, "CreatedBy", "Size", "Comment"];
    await printListing(
      {
        template: { type: "*image.historyContext" },
        titles: TITLES,
        columns,
        rows: items.map((item) => rowOf(item, flags)),
        key: "ID",
      },
      flags,
    );
  },
});

function rowOf({ Id, Created, CreatedBy, Size, Comment }: ImageHistoryItem, { human, noTrunc }: Flags): Row {
  const command = CreatedBy.replaceAll("\t", " ");
  return {
    ID: noTrunc || Id === MISSING ? Id : shortId(Id),
    CreatedSince: Created > 0 ? ago(Created) : "N/A",
    CreatedAt: new Date(Created * 1000).toISOString().replace(".000", ""),
    CreatedBy: noTrunc ? command : ellipsis(command, COMMAND_LENGTH),
    Size: human ? decimalSize(Size) : String(Size),
    Comment,
  };
}
