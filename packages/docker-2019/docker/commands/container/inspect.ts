import { booleanFlag, flag, leaf, ONE_OR_MORE } from "../../command.ts";
import { inspectEach } from "../../output/inspect.ts";

interface Flags {
  readonly format?: string;
  readonly size: boolean;
}

export const inspect = leaf<Flags>({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  arguments: ONE_OR_MORE,
  options: [
    flag("-f, --format <string>", "Format the output using the given Go template"),
    booleanFlag("-s, --size", "Display total file sizes"),
  ],
  async run({ docker, flags, args }) {
    await inspectEach(docker, ["container"], args, flags);
  },
});
