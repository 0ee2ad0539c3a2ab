/** For which machines: `--platform linux/arm64`, `--all-platforms`. */
import { hostPlatform, type Platform, parsePlatform } from "@eras/oci-spec/platform.ts";
import type { Option } from "commander";
import { flag, listFlag } from "../command.ts";

export interface PlatformFlags {
  readonly platform: readonly string[];
  readonly allPlatforms?: true;
}

export const PLATFORM_OPTIONS: readonly Option[] = [
  listFlag("--platform <value>", "content for a specific platform"),
  flag("--all-platforms", "content for all platforms"),
];

/** This machine's if nothing is said. @throws {InvalidArgument} When one isn't a platform. */
export function chosenPlatforms({ platform, allPlatforms }: PlatformFlags): readonly Platform[] | "all" {
  if (allPlatforms) return "all";
  return platform.length > 0 ? platform.map(parsePlatform) : [hostPlatform()];
}
