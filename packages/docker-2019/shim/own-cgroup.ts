/** The cgroup that a container's options want its shim in. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openCgroup, openCgroupAt } from "@eras/cgroups/open.ts";
import { NotFound } from "@eras/oci-spec/errdefs.ts";

/** Goes there, in those trees that have it. @throws {NotFound} When none has. */
export function joinCgroup(path: string): void {
  const present = Object.entries(openCgroup(join("/", path)).paths).filter(([, dir]) => existsSync(dir));
  if (present.length === 0) throw new NotFound(`failed to load cgroup ${path}: there is none: not found`);
  openCgroupAt(Object.fromEntries(present)).addProcess(process.pid);
}
