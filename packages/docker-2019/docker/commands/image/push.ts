import { familiarName, formatReference, parseReference, withDefaultTag } from "@eras/oci-spec/reference.ts";
import type { ProgressMessage } from "../../../engine-api/progress-message.ts";
import { readJsonLines } from "../../api-client.ts";
import { booleanFlag, leaf, ONE_ARGUMENT } from "../../command.ts";
import { registryAuth } from "../../container/pull.ts";
import { contentTrustFlag, refuseContentTrust, type TrustFlags } from "../../image/content-trust.ts";
import { print, STDOUT } from "../../output/print.ts";
import { showProgress } from "../../output/progress.ts";

interface Flags extends TrustFlags {
  readonly allTags: boolean;
  readonly quiet: boolean;
}

export const push = leaf<Flags>({
  usage: "[OPTIONS] NAME[:TAG]",
  arguments: ONE_ARGUMENT,
  options: [
    booleanFlag("-a, --all-tags", "Push all tagged images in the repository"),
    contentTrustFlag("Skip image signing"),
    booleanFlag("-q, --quiet", "Suppress verbose output"),
  ],
  async run({ docker, flags, args: [name = ""] }) {
    refuseContentTrust(flags);
    const given = parseReference(name);
    if (flags.allTags && given.tag !== undefined) throw new Error("tag can't be used with --all-tags/-a");
    const reference = flags.allTags ? given : withDefaultTag(given);
    if (!flags.quiet && reference.tag !== given.tag) print(`Using default tag: ${reference.tag}`);
    const message = await docker.api.open("POST", `/images/${familiarName(reference)}/push`, {
      query: { tag: reference.tag ?? "" },
      headers: await registryAuth(docker, reference),
    });
    const messages = readJsonLines<ProgressMessage>(message);
    if (!flags.quiet) return showProgress(messages, STDOUT);
    for await (const { errorDetail } of messages) if (errorDetail) throw new Error(errorDetail.message);
    print(formatReference(reference));
  },
});
