/** Removing what is left of a container whose init has ended, or never ran. */

import { hasNewNamespace } from "../init/namespaces.ts";
import { log } from "../log.ts";
import type { Container } from "./container.ts";
import { removeContainerCgroup } from "./container-cgroup.ts";
import { runHooks } from "./hooks.ts";
import { removeStateDir } from "./state.ts";

const SIGKILL = 9;

/**
 * Kills what is left in its cgroup, and removes cgroup and state. What is gone already is fine, so that it can be done again after a crash.
 *
 * @throws {Error} When a process can't be killed, or the cgroup can't be removed: the state stays, to try again.
 */
export async function destroy(container: Container): Promise<void> {
  const { cgroup, state } = container;
  if (!hasNewNamespace(state.spec.linux ?? {}, "pid")) await cgroup.signalAll(SIGKILL); // nobody ends with the init then
  await removeContainerCgroup(state);
  if (state.intel_rdt_path) {
    const { removeGroup } = await import("./resctrl.ts");
    removeGroup(state.intel_rdt_path, container.id, state.spec.linux?.intelRdt);
  }
  removeStateDir(container.dir);
  try {
    runHooks(state.spec.hooks, "poststop", container.toState("stopped"));
  } catch (error) {
    log("warning", (error as Error).message);
  }
}
