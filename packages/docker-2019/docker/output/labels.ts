import type { Dictionary } from "../../engine-api/container-config.ts";

/** `a=1,b=2` */
export function formatLabels(labels: Dictionary<string>): string {
  return Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(",");
}
