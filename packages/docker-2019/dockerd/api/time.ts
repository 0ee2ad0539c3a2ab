/** Times in queries: seconds since 1970 with a fraction, `1563782400.000000001`, or RFC 3339. */
import { Unknown } from "@eras/oci-spec/errdefs.ts";

/** @returns Milliseconds since 1970; undefined for none. @throws {Unknown} When it is no time, in Go's words. */
export function parseTime(text: string): number | undefined {
  if (text === "") return undefined;
  const ms = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(ms)) throw new Unknown(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return ms;
}
