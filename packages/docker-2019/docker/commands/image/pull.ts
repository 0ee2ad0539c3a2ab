import { formatReference, parseReference, withDefaultTag } from "@eras/oci-spec/reference.ts";
import { booleanFlag, flag, leaf, ONE_ARGUMENT } from "../../command.ts";
import { pullImage } from "../../container/pull.ts";
import { contentTrustFlag, refuseContentTrust, type TrustFlags } from "../../image/content-trust.ts";
import { print } from "../../output/print.ts";

interface Flags extends TrustFlags {
  readonly allTags: boolean;
  readonly platform?: string;
  readonly quiet: boolean;
}

export const pull = leaf<Flags>({
  usage: "[OPTIONS] NAME[:TAG|@DIGEST]",
  arguments: ONE_ARGUMENT,
  options: [
    booleanFlag("-a, --all-tags", "Download all tagged images in the repository"),
    flag("--platform <string>", "Set platform if server is multi-platform capable"),
    contentTrustFlag("Skip image verification"),
    booleanFlag("-q, --quiet", "Suppress verbose output"),
  ],
  async run({ docker, flags, args: [name = ""] }) {
    refuseContentTrust(flags);
    const given = parseReference(name);
    if (flags.allTags && (given.tag ?? given.digest) !== undefined)
      throw new Error("tag can't be used with --all-tags/-a");
    const reference = flags.allTags ? given : withDefaultTag(given);
    if (!flags.quiet && reference.tag !== given.tag) print(`Using default tag: ${reference.tag}`);
    await pullImage(docker, reference, { platform: flags.platform, output: flags.quiet ? "none" : "stdout" });
    print(formatReference(reference));
  },
});
