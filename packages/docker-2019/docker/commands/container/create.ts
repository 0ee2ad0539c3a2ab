import { leaf } from "../../command.ts";
import { createContainer, UnfitFlags } from "../../container/create.ts";
import { type CreateFlags, createOptions } from "../../container/create-flags.ts";
import { refusal } from "../../exit-status.ts";
import { print } from "../../output/print.ts";

export const create = leaf<CreateFlags>({
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  arguments: { min: 1 },
  passThrough: true,
  options: createOptions("creating"),
  async run({ docker, flags, args }) {
    try {
      const { id } = await createContainer(docker, flags, args);
      print(id);
    } catch (error) {
      if (error instanceof UnfitFlags) throw refusal("create", error);
      throw error;
    }
  },
});
