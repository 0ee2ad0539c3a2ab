/** `--mount type=bind,src=/tmp,dst=/host,options=rbind:ro` */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Mount } from "@eras/oci-spec/runtime/config.ts";

const MEMBERS: Readonly<Record<string, "type" | "source" | "destination" | "options">> = {
  type: "type",
  source: "source",
  src: "source",
  destination: "destination",
  dst: "destination",
  target: "destination",
  options: "options",
};

/** @throws {InvalidArgument} When a part isn't `name=value`, or its name is not known. */
export function parseMountFlag(text: string): Mount {
  const parts = new Map<string, string>();
  for (const part of text.split(",")) {
    const [key = "", ...value] = part.split("=");
    const member = MEMBERS[key];
    if (value.length === 0) throw new InvalidArgument(`invalid mount specification: expected key=val in "${part}"`);
    if (member === undefined) throw new InvalidArgument(`mount option "${key}" not supported`);
    parts.set(member, value.join("="));
  }
  const { type, source, destination = "", options } = Object.fromEntries(parts);
  return {
    destination,
    ...(type !== undefined && { type }),
    ...(source !== undefined && { source }),
    ...(options !== undefined && { options: options.split(":") }),
  };
}
