import { booleanFlag, leaf, ONE_OR_MORE } from "../../command.ts";
import { forEach } from "../../container/each.ts";
import { orNoSuch } from "../../no-such.ts";

interface Flags {
  readonly force: boolean;
}

export const rm = leaf<Flags>({
  usage: "[OPTIONS] VOLUME [VOLUME...]",
  description: "Remove one or more volumes. You cannot remove a volume that is in use by a container.",
  examples: "$ docker volume rm hello\nhello",
  arguments: ONE_OR_MORE,
  options: [booleanFlag("-f, --force", "Force the removal of one or more volumes")],
  async run({ docker: { api }, flags, args }) {
    const query = { force: flags.force ? 1 : undefined };
    await forEach(args, (name) =>
      orNoSuch("volume", name, api.delete(`/volumes/${encodeURIComponent(name)}`, { query })),
    );
  },
});
