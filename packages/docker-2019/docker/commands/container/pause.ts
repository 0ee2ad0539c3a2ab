import { leaf, ONE_OR_MORE } from "../../command.ts";
import { forEachAtOnce } from "../../container/each.ts";

export const pause = leaf({
  usage: "CONTAINER [CONTAINER...]",
  arguments: ONE_OR_MORE,
  async run({ docker: { api }, args }) {
    await forEachAtOnce(args, (name) => api.post(`/containers/${encodeURIComponent(name)}/pause`));
  },
});
