import { CHANGE_KINDS, type ContainerChange } from "../../../engine-api/container.ts";
import { flag, leaf, ONE_ARGUMENT } from "../../command.ts";
import { printListing } from "../../output/table.ts";

interface Flags {
  readonly format?: string;
}

const LETTERS = { [CHANGE_KINDS.modified]: "C", [CHANGE_KINDS.added]: "A", [CHANGE_KINDS.deleted]: "D" };

export const diff = leaf<Flags>({
  usage: "CONTAINER",
  arguments: ONE_ARGUMENT,
  options: [flag("--format <string>", "Pretty-print changes using a Go template").hideHelp()],
  async run({ docker: { api }, flags, args: [name = ""] }) {
    if (name === "") throw new Error("Container name cannot be empty");
    const changes =
      (await api.get<readonly ContainerChange[] | null>(`/containers/${encodeURIComponent(name)}/changes`)) ?? [];
    const rows = changes.map(({ Path, Kind }) => ({ Type: LETTERS[Kind], Path }));
    const titles = { Type: "CHANGE TYPE", Path: "PATH" };
    const format = flags.format ?? "{{.Type}} {{.Path}}";
    await printListing({ titles, columns: ["Type", "Path"], rows, key: "Path" }, { format });
  },
});
