import { leaf, numberFlag, ONE_OR_MORE } from "../../command.ts";
import { forEachAtOnce } from "../../container/each.ts";

interface Flags {
  readonly time?: number;
}

export const stop = leaf<Flags>({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  arguments: ONE_OR_MORE,
  options: [numberFlag("-t, --time <int>", "Seconds to wait for stop before killing it (default 10)")],
  async run({ docker: { api }, flags, args }) {
    await forEachAtOnce(args, (name) =>
      api.post(`/containers/${encodeURIComponent(name)}/stop`, { query: { t: flags.time } }),
    );
  },
});
