import { DEFAULT_TAG, familiarName, parseReference, type Reference } from "@eras/oci-spec/reference.ts";
import { leaf } from "../../command.ts";

export const tag = leaf({
  usage: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
  arguments: { min: 2, max: 2 },
  async run({ docker: { api }, args: [source = "", target = ""] }) {
    const reference = parsed(target);
    if (reference.digest !== undefined) throw new Error("refusing to create a tag with a digest reference");
    const query = { repo: familiarName(reference), tag: reference.tag ?? DEFAULT_TAG };
    await api.post(`/images/${encodeURIComponent(source)}/tag`, { query });
  },
});

function parsed(text: string): Reference {
  try {
    return parseReference(text);
  } catch (error) {
    const reason = `${JSON.stringify(text)} is not a valid repository/tag: ${(error as Error).message}`;
    throw new Error(`Error parsing reference: ${reason}`, { cause: error });
  }
}
