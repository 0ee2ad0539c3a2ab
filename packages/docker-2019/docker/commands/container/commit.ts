import { parseReference } from "@eras/oci-spec/reference.ts";
import type { IdResponse } from "../../../engine-api/container.ts";
import { booleanFlag, flag, leaf, listFlag } from "../../command.ts";
import { repositoryAndTag } from "../../container/repository.ts";
import { print } from "../../output/print.ts";

interface Flags {
  readonly author?: string;
  readonly change: readonly string[];
  readonly message?: string;
  readonly pause: boolean;
}

export const commit = leaf<Flags>({
  usage: "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
  arguments: { min: 1, max: 2 },
  options: [
    flag("-a, --author <string>", 'Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")'),
    listFlag("-c, --change <list>", "Apply Dockerfile instruction to the created image"),
    flag("-m, --message <string>", "Commit message"),
    booleanFlag("-p, --pause", "Pause container during commit", true),
  ],
  async run({ docker: { api }, flags, args: [container = "", reference] }) {
    const { repo, tag } = reference === undefined ? { repo: "", tag: "" } : repositoryAndTag(parseReference(reference));
    const { Id } = await api.post<IdResponse>("/commit", {
      query: {
        container,
        repo,
        tag,
        comment: flags.message ?? "",
        author: flags.author ?? "",
        changes: flags.change,
        pause: flags.pause ? undefined : 0,
      },
      json: null,
    });
    print(Id);
  },
});
