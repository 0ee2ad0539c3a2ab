/**
 * Versions of the API, as paths name them: `/v1.40/containers/json`. A client asks HEAD /_ping, and takes the lesser of its own newest and the
 * `Api-Version` of the reply.
 */

/** Docker 19.03's. */
export const API_VERSION = "1.40";
/** The oldest that dockerd still speaks. */
export const MIN_API_VERSION = "1.24";

/** Orders versions number by number: 1.9 is older than 1.24. Negative when `a` is the older one. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  for (let place = 0; place < Math.max(left.length, right.length); place++) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function atLeast(version: string, minimum: string): boolean {
  return compareVersions(version, minimum) >= 0;
}
