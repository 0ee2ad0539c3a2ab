/**
 * The unit of systemd that a container's cgroup is, and where its directories lie.
 *
 * Where systemd runs it owns the tree, and whoever wants a cgroup asks for a unit: a scope (processes that others started) in a slice (a
 * branch of the tree). A dash in a slice's name is a step in its path.
 *
 *     cgroupsPath  machine-web.slice:docker:3f2a
 *     unit         docker-3f2a.scope
 *     cgroup       /machine.slice/machine-web.slice/docker-3f2a.scope
 *
 * @see https://man7.org/linux/man-pages/man5/systemd.slice.5.html
 */
import { join } from "node:path";
import { checkCgroupPath } from "../cgroup-path.ts";
import { type CgroupPaths, v1PathsBelow } from "../container-paths.ts";
import { type CgroupMounts, cgroupMounts } from "../detect.ts";
import { cgroupsOfProcess } from "../process-cgroups.ts";

/** A scope, or a slice where the name asks for one. */
export interface SystemdUnit {
  /** `docker-3f2a.scope` */
  readonly name: string;
  /** The slice that it is in: `system.slice`. */
  readonly slice: string;
  /** What of the name is the container's own: `3f2a`. */
  readonly container: string;
}

const SLICE = ".slice";

/**
 * The unit that `linux.cgroupsPath` means: `slice:prefix:name`, of which the slice may be empty. Left out, it is `runc-ID.scope`.
 *
 * @param defaultSlice - `system.slice`; `user.slice` for the systemd of a user.
 * @throws {Error} When the path is of another form, with runc's words.
 */
export function systemdUnit(cgroupsPath: string | undefined, id: string, defaultSlice = "system.slice"): SystemdUnit {
  const [slice, prefix, name, ...more] = (cgroupsPath || `:runc:${id}`).split(":");
  if (name === undefined || more.length > 0) {
    const expected = 'expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups';
    throw new Error(`${expected}, got "${cgroupsPath}" instead`);
  }
  return {
    name: name.endsWith(SLICE) ? name : `${prefix}-${name}.scope`,
    slice: slice || defaultSlice,
    container: name,
  };
}

/**
 * The path of a slice: `a-b.slice` is in `a.slice`.
 *
 * @throws {Error} When the name is none of a slice.
 */
export function slicePath(slice: string): string {
  const name = slice.slice(0, -SLICE.length);
  if (slice === `-${SLICE}`) return "/";
  const parts = name.split("-");
  if (!slice.endsWith(SLICE) || slice.includes("/") || parts.includes(""))
    throw new Error(`invalid slice name: ${slice}`);
  return parts.map((_, depth) => `/${parts.slice(0, depth + 1).join("-")}${SLICE}`).join("");
}

/**
 * The directories of a unit's cgroup, whether they are there or not.
 *
 * @param managerCgroup - Of the systemd that is asked: `/` of the host's, `/user.slice/…/user@1000.service` of a user's.
 */
export function unitCgroupPaths(
  { name, slice }: Pick<SystemdUnit, "name" | "slice">,
  managerCgroup = "/",
  mounts: CgroupMounts = cgroupMounts(),
): CgroupPaths {
  const path = join(slicePath(slice), name);
  checkCgroupPath(path);
  if (mounts.v1.size === 0) return { "": join(mounts.v2!, managerCgroup, path) };
  const above = managerCgroup === "/" ? cgroupsOfInit() : everywhere(managerCgroup);
  const v2 = mounts.v2 === undefined ? {} : { "": join(mounts.v2, above.get("") ?? "/", path) };
  return { ...v1PathsBelow(above, path, mounts), ...v2 };
}

/** A user's systemd has the tree with its name; in the others the same path is as good as any. */
function everywhere(cgroup: string): Map<string, string> {
  return new Map([...cgroupsOfProcess("self").keys()].map((tree) => [tree, cgroup]));
}

/** The host's systemd has itself in init.scope of what it owns. */
function cgroupsOfInit(): Map<string, string> {
  return new Map([...cgroupsOfProcess(1)].map(([tree, path]) => [tree, path.replace(/init\.scope$/, "")]));
}
