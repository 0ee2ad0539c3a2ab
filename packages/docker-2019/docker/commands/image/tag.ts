import { DEFAULT_TAG, familiarName, parseAnyReference, parseReference } from "@eras/oci-spec/reference.ts";
import { leaf } from "../../command.ts";

export const tag = leaf({
  usage: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
  arguments: { min: 2, max: 2 },
  async run({ docker: { api }, args: [source = "", target = ""] }) {
    parsed(source, parseAnyReference);
    const reference = parsed(target, parseReference);
    if (reference.digest !== undefined) throw new Error("refusing to create a tag with a digest reference");
    const query = { repo: familiarName(reference), tag: reference.tag ?? DEFAULT_TAG };
    await api.post(`/images/${encodeURIComponent(source)}/tag`, { query });
  },
});

function parsed<Parsed>(text: string, parse: (text: string) => Parsed): Parsed {
  try {
    return parse(text);
  } catch (error) {
    const reason = `${JSON.stringify(text)} is not a valid repository/tag: ${(error as Error).message}`;
    throw new Error(`Error parsing reference: ${reason}`, { cause: error });
  }
}
