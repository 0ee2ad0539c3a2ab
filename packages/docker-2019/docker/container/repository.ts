import { familiarName, type Reference } from "@eras/oci-spec/reference.ts";

/** As queries take a name apart; empty without a tag, which the daemon takes for `latest`. */
export function repositoryAndTag(reference: Reference): { readonly repo: string; readonly tag: string } {
  return { repo: familiarName(reference), tag: reference.tag ?? "" };
}
