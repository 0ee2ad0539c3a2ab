import type { ContainerTopResponse } from "../../../engine-api/container.ts";
import { leaf } from "../../command.ts";
import { STDOUT, write } from "../../output/print.ts";
import { alignRows } from "../../output/table.ts";

export const top = leaf({
  usage: "CONTAINER [ps OPTIONS]",
  arguments: { min: 1 },
  passThrough: true,
  async run({ docker: { api }, args: [name = "", ...psArguments] }) {
    const { Titles, Processes } = await api.get<ContainerTopResponse>(`/containers/${encodeURIComponent(name)}/top`, {
      query: { ps_args: psArguments.length > 0 ? psArguments.join(" ") : undefined },
    });
    write(STDOUT, alignRows([Titles, ...Processes], { minWidth: 20, padding: 3 }));
  },
});
