/** Times to wait. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { parseDuration } from "../../duration.ts";

/** Milliseconds of `1h30m`: of a time to wait. @throws {InvalidArgument} When it isn't a duration, or would be over already. */
export function parseWait(text: string): number {
  const ms = parseDuration(text);
  if (ms < 0) throw new InvalidArgument(`invalid duration "${text}": a time to wait can't be negative`);
  return ms;
}
