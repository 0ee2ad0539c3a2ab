/** The flag `--format` of the commands that print a table or JSON. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

/** The flag. */
export const FORMAT_FLAG = {
  type: "string",
  short: "f",
  default: "table",
  description: "select one of: table or json",
} as const;

/** @throws {InvalidArgument} When it is neither of the two. */
export function parseFormat(format: string | undefined): "table" | "json" {
  if (format === "table" || format === "json") return format;
  throw new InvalidArgument("invalid format option");
}
