import { leaf, numberFlag, ONE_OR_MORE } from "../../command.ts";
import { forEach } from "../../container/each.ts";

interface Flags {
  readonly time?: number;
}

export const restart = leaf<Flags>({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  arguments: ONE_OR_MORE,
  options: [numberFlag("-t, --time <int>", "Seconds to wait for stop before killing the container (default 10)")],
  async run({ docker: { api }, flags, args }) {
    await forEach(args, (name) =>
      api.post(`/containers/${encodeURIComponent(name)}/restart`, { query: { t: flags.time } }),
    );
  },
});
