import { leaf, ONE_OR_MORE } from "../../command.ts";
import { forEach } from "../../container/each.ts";

export const rm = leaf({
  usage: "NETWORK [NETWORK...]",
  arguments: ONE_OR_MORE,
  async run({ docker: { api }, args }) {
    await forEach(args, async (name) => {
      await api.get(`/networks/${encodeURIComponent(name)}`); // says first that it isn't there
      await api.delete(`/networks/${encodeURIComponent(name)}`);
    });
  },
});
