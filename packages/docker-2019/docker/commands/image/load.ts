import { createReadStream, openSync } from "node:fs";
import { isatty } from "node:tty";
import type { ProgressMessage } from "../../../engine-api/progress-message.ts";
import { readJsonLines } from "../../api-client.ts";
import { booleanFlag, flag, leaf, NO_ARGUMENTS } from "../../command.ts";
import { STDOUT } from "../../output/print.ts";
import { showProgress } from "../../output/progress.ts";

interface Flags {
  readonly input?: string;
  readonly quiet: boolean;
}

const STDIN = 0;

export const load = leaf<Flags>({
  usage: "[OPTIONS]",
  arguments: NO_ARGUMENTS,
  options: [
    flag("-i, --input <string>", "Read from tar archive file, instead of STDIN"),
    booleanFlag("-q, --quiet", "Suppress the load output"),
  ],
  async run({ docker: { api }, flags }) {
    if (flags.input === undefined && isatty(STDIN)) throw new Error("requested load from stdin, but stdin is empty");
    const stream = flags.input === undefined ? process.stdin : createReadStream("", { fd: openSync(flags.input, "r") });
    const message = await api.open("POST", "/images/load", {
      query: { quiet: flags.quiet || !isatty(STDOUT) ? 1 : 0 },
      headers: { "Content-Type": "application/x-tar" },
      stream,
    });
    await showProgress(readJsonLines<ProgressMessage>(message), STDOUT);
  },
});
