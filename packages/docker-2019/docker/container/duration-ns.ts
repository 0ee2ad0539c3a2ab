import { parseDuration } from "../../duration.ts";

/** Nanoseconds of `1m30s`. @throws {Error} In Go's words. */
export function parseDurationNs(text: string): number {
  try {
    return Math.round(parseDuration(text) * 1e6);
  } catch (cause) {
    throw new Error(`time: invalid duration ${JSON.stringify(text)}`, { cause });
  }
}
