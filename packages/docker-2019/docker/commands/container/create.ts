import { leaf } from "../../command.ts";
import { createContainer } from "../../container/create.ts";
import { type CreateFlags, createOptions } from "../../container/create-flags.ts";
import { print } from "../../output/print.ts";

export const create = leaf<CreateFlags>({
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  arguments: { min: 1 },
  passThrough: true,
  options: createOptions("creating"),
  async run({ docker, flags, args }) {
    const { id } = await createContainer(docker, flags, args);
    print(id);
  },
});
