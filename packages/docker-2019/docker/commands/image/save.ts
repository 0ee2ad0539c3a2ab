import { flag, leaf, ONE_OR_MORE } from "../../command.ts";
import { saveStream } from "../../container/save-stream.ts";

interface Flags {
  readonly output?: string;
}

export const save = leaf<Flags>({
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  arguments: ONE_OR_MORE,
  options: [flag("-o, --output <string>", "Write to a file, instead of STDOUT")],
  async run({ docker: { api }, flags, args }) {
    await saveStream("save image", flags.output, () => api.open("GET", "/images/get", { query: { names: args } }));
  },
});
