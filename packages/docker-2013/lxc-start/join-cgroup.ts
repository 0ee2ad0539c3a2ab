/** The init's part in its cgroup, which lxc-start has made: cgroup.ts. */
import { addCaller } from "@eras/cgroups/add-caller.ts";
import { containerCgroupPath } from "../container-cgroup.ts";
import { step } from "../steps.ts";

/** Moves the calling thread into the container's cgroup. Its control files must still be in reach. */
export function joinCgroup(name: string): void {
  step("init.join-cgroup");
  addCaller(containerCgroupPath(name));
}
