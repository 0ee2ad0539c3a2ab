import { booleanFlag, flag, leaf, ONE_OR_MORE } from "../../command.ts";
import { inspectEach, type Kind } from "../../output/inspect.ts";

interface Flags {
  readonly format?: string;
  readonly size: boolean;
  readonly type?: string;
}

const KINDS: readonly Kind[] = ["container", "image", "network", "volume"];

export const inspect = leaf<Flags>({
  usage: "[OPTIONS] NAME|ID [NAME|ID...]",
  arguments: ONE_OR_MORE,
  options: [
    flag("-f, --format <string>", "Format the output using the given Go template"),
    booleanFlag("-s, --size", "Display total file sizes if the type is container"),
    flag("--type <string>", "Return JSON for specified type"),
  ],
  async run({ docker, flags, args }) {
    const kinds = flags.type === undefined ? KINDS : KINDS.filter((kind) => kind === flags.type);
    if (kinds.length === 0) throw new Error(`${JSON.stringify(flags.type)} is not a valid value for --type`);
    await inspectEach(docker, kinds, args, flags);
  },
});
