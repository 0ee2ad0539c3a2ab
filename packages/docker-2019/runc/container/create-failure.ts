/** What went wrong, in runc's words: containerd and its kin show them, and look for some of them. */

import { failureText } from "../error-text.ts";
import { InitFailure } from "../init/sync.ts";
import type { ContainerState } from "./state.ts";

const OUT_OF_MEMORY = "unable to start container process: container init was OOM-killed (memory limit too low?)";

/**
 * Why a container could not be created. If the kernel has killed a process of it, that is why, whatever it looks like from here.
 *
 * @param state - As far as it is known. Its cgroup is to be there still.
 */
export async function creationFailure(error: Error, { cgroup_paths: paths }: ContainerState): Promise<string> {
  const { oomKills } = await import("@eras/cgroups/out-of-memory.ts");
  return oomKills(paths) > 0 ? OUT_OF_MEMORY : startFailure(error);
}

/** As runc tells whether it was the container or its program that could not be had. */
export function startFailure(error: Error): string {
  if (!(error instanceof InitFailure)) return `unable to start container process: ${failureText(error)}`;
  const where = error.late ? "" : "error during container init: ";
  return `unable to start container process: ${where}${error.message}`;
}
