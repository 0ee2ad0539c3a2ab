/** All checks of the host, in order: each group makes sense only if the one before it found nothing missing. */
import type { Check } from "./check.ts";
import type { EraNeeds } from "./needs.ts";
import { platformChecks } from "./platform.ts";

/** @param needs - Loaded when the platform is one that has them. @returns What was found, as far as it could be tried. */
export async function examineHost(needs: () => Promise<EraNeeds>): Promise<Check[]> {
  const platform = platformChecks();
  if (hasMissing(platform)) return platform;
  // These need Linux's libc, and root.
  const { world, rootVariable, hostChecks, tried } = await needs();
  const { diskCheck } = await import("./host.ts");
  const { existingParent, stateDirectoryCheck } = await import("./state-directory.ts");
  const { triedChecks } = await import("./tried.ts");
  const state = stateDirectoryCheck(world, rootVariable);
  const hasState = state.status === "ok";
  return [
    ...[...platform, ...(await hostChecks()), state],
    ...(hasState ? [diskCheck(world, rootVariable)] : []),
    ...triedChecks(tried, hasState ? existingParent(world.rootDir) : undefined),
  ];
}

export const hasMissing = (checks: readonly Check[]) => checks.some(({ status }) => status === "missing");
