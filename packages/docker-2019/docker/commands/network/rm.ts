import { leaf, ONE_OR_MORE } from "../../command.ts";
import { forEach } from "../../container/each.ts";
import { askFor } from "../../no-such.ts";

export const rm = leaf({
  usage: "NETWORK [NETWORK...]",
  arguments: ONE_OR_MORE,
  async run({ docker: { api }, args }) {
    await forEach(args, async (name) => {
      await askFor("network", name, () => api.get(`/networks/${encodeURIComponent(name)}`));
      await api.delete(`/networks/${encodeURIComponent(name)}`);
    });
  },
});
