import { flag, leaf, ONE_OR_MORE } from "../../command.ts";
import { forEachAtOnce } from "../../container/each.ts";

interface Flags {
  readonly signal: string;
}

export const kill = leaf<Flags>({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  arguments: ONE_OR_MORE,
  options: [flag("-s, --signal <string>", "Signal to send to the container").default("KILL")],
  async run({ docker: { api }, flags, args }) {
    await forEachAtOnce(args, (name) =>
      api.post(`/containers/${encodeURIComponent(name)}/kill`, { query: { signal: flags.signal } }),
    );
  },
});
