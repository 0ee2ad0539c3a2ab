/** All checks of the host, in order: each group makes sense only if the one before it found nothing missing. */
import type { Directories } from "../world.ts";
import type { Check } from "./check.ts";
import { platformChecks } from "./platform.ts";

/** @returns What was found, as far as it could be tried. */
export async function examineHost(world: Directories): Promise<Check[]> {
  const platform = platformChecks();
  if (hasMissing(platform)) return platform;
  // These need Linux's libc, and root.
  const { diskCheck, hostChecks } = await import("./host.ts");
  const { existingParent, stateDirectoryCheck } = await import("./state-directory.ts");
  const { triedChecks } = await import("./tried.ts");
  const state = stateDirectoryCheck(world);
  const hasState = state.status === "ok";
  return [
    ...[...platform, ...(await hostChecks(world)), state],
    ...(hasState ? [diskCheck(world)] : []),
    ...triedChecks(hasState ? existingParent(world.rootDir) : undefined),
  ];
}

export const hasMissing = (checks: readonly Check[]) => checks.some(({ status }) => status === "missing");
