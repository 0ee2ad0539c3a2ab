import { flag, leaf, ONE_ARGUMENT } from "../../command.ts";
import { saveStream } from "../../container/save-stream.ts";

interface Flags {
  readonly output?: string;
}

export const exportContainer = leaf<Flags>({
  usage: "[OPTIONS] CONTAINER",
  arguments: ONE_ARGUMENT,
  options: [flag("-o, --output <string>", "Write to a file, instead of STDOUT")],
  async run({ docker: { api }, flags, args: [name = ""] }) {
    await saveStream("export container", flags.output, () =>
      api.open("GET", `/containers/${encodeURIComponent(name)}/export`),
    );
  },
});
