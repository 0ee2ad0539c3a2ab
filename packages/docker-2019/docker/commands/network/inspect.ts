import { flag, leaf, ONE_OR_MORE } from "../../command.ts";
import { inspectEach } from "../../output/inspect.ts";

interface Flags {
  readonly format?: string;
}

export const inspect = leaf<Flags>({
  usage: "[OPTIONS] NETWORK [NETWORK...]",
  arguments: ONE_OR_MORE,
  options: [flag("-f, --format <string>", "Format the output using the given Go template")],
  async run({ docker, flags, args }) {
    await inspectEach(docker, ["network"], args, flags);
  },
});
