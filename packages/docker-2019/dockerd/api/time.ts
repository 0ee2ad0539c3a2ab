/** Times in queries: seconds since 1970 with a fraction, `1563782400.000000001`, or RFC 3339. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

/** @returns Milliseconds since 1970; undefined for none: empty, or 0. @throws {InvalidArgument} When it is no time. */
export function parseTime(text: string): number | undefined {
  if (text === "" || text === "0") return undefined;
  const ms = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgument(`invalid value for time: ${JSON.stringify(text)}`);
  return ms;
}
