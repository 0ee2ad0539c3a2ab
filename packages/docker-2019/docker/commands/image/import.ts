import { createReadStream, openSync } from "node:fs";
import type { ProgressMessage } from "../../../engine-api/progress-message.ts";
import { readJsonLines } from "../../api-client.ts";
import { flag, leaf, listFlag, ONE_OR_MORE } from "../../command.ts";
import { STDOUT } from "../../output/print.ts";
import { showProgress } from "../../output/progress.ts";

interface Flags {
  readonly change: readonly string[];
  readonly message?: string;
  readonly platform?: string;
}

export const importImage = leaf<Flags>({
  usage: "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
  arguments: ONE_OR_MORE,
  options: [
    listFlag("-c, --change <list>", "Apply Dockerfile instruction to the created image"),
    flag("-m, --message <string>", "Set commit message for imported image"),
    flag("--platform <string>", "Set platform if server is multi-platform capable"),
  ],
  async run({ docker: { api }, flags, args: [source = "", repo = ""] }) {
    const isUrl = /^https?:\/\//.test(source);
    const fromSrc = isUrl ? source : "-";
    const { change: changes, platform, message: comment = "" } = flags;
    const message = await api.open("POST", "/images/create", {
      query: { fromSrc, repo, tag: "", message: comment, changes, platform },
      ...(!isUrl && { stream: source === "-" ? process.stdin : createReadStream("", { fd: openSync(source, "r") }) }),
    });
    await showProgress(readJsonLines<ProgressMessage>(message), STDOUT);
  },
});
