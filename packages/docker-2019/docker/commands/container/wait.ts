import type { ContainerWaitResponse } from "../../../engine-api/container.ts";
import { leaf, ONE_OR_MORE } from "../../command.ts";
import { failAfter } from "../../exit-status.ts";
import { print } from "../../output/print.ts";

export const wait = leaf({
  usage: "CONTAINER [CONTAINER...]",
  arguments: ONE_OR_MORE,
  async run({ docker: { api }, args }) {
    const errors: string[] = [];
    for (const name of args) {
      try {
        const { Error: error, StatusCode } = await api.post<ContainerWaitResponse>(
          `/containers/${encodeURIComponent(name)}/wait`,
        );
        if (error) errors.push(error.Message);
        else print(String(StatusCode));
      } catch (error) {
        errors.push((error as Error).message);
      }
    }
    failAfter(errors);
  },
});
