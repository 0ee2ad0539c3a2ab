import { parseDuration } from "../../duration.ts";

/** Nanoseconds of `1m30s`. */
export function parseDurationNs(text: string): number {
  return Math.round(parseDuration(text) * 1e6);
}
