import type { Volume, VolumeCreateRequest } from "../../../engine-api/volume.ts";
import { flag, leaf, listFlag } from "../../command.ts";
import { checkLabel, pairsToMap } from "../../container/pairs.ts";
import { print } from "../../output/print.ts";

interface Flags {
  readonly driver: string;
  readonly label: readonly string[];
  readonly name?: string;
  readonly opt: readonly string[];
}

export const create = leaf<Flags>({
  usage: "[OPTIONS] [VOLUME]",
  arguments: { min: 0, max: 1 },
  options: [
    flag("-d, --driver <string>", "Specify volume driver name").default("local"),
    listFlag("--label <list>", "Set metadata for a volume", checkLabel),
    flag("--name <string>", "Specify volume name").hideHelp(),
    listFlag("-o, --opt <map>", "Set driver specific options (default map[])"),
  ],
  async run({ docker: { api }, flags, args: [name] }) {
    if (name !== undefined && flags.name !== undefined)
      throw new Error("Conflicting options: either specify --name or provide positional arg, not both");
    const json: VolumeCreateRequest = {
      Driver: flags.driver,
      DriverOpts: pairsToMap(flags.opt),
      Labels: pairsToMap(flags.label),
      Name: name ?? flags.name ?? "",
    };
    print((await api.post<Volume>("/volumes/create", { json })).Name);
  },
});
