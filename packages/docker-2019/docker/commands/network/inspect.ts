import { booleanFlag, flag, leaf, ONE_OR_MORE } from "../../command.ts";
import { inspectEach } from "../../output/inspect.ts";

interface Flags {
  readonly format?: string;
  readonly verbose: boolean;
}

export const inspect = leaf<Flags>({
  usage: "[OPTIONS] NETWORK [NETWORK...]",
  arguments: ONE_OR_MORE,
  options: [
    flag("-f, --format <string>", "Format the output using the given Go template"),
    booleanFlag("-v, --verbose", "Verbose output for diagnostics"),
  ],
  async run({ docker, flags, args }) {
    await inspectEach(docker, ["network"], args, flags);
  },
});
