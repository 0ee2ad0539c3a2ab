/** Older clients mean something else by what they don't say, and didn't know some of what they seem to say. */
import type { HostConfig, Mount } from "../../engine-api/container-config.ts";

/** @param apiVersion - Of the request: `1.40`. */
export function adaptToClient(hostConfig: HostConfig, apiVersion: string, cgroupVersion: 1 | 2): HostConfig {
  const { PidsLimit, Mounts, IpcMode, CgroupnsMode } = hostConfig;
  return {
    ...hostConfig,
    ...((PidsLimit ?? 1) <= 0 && { PidsLimit: null }), // 0 and -1 both are no limit
    ...(isBefore(apiVersion, "1.25") && { AutoRemove: false }), // the client removes it
    ...(isBefore(apiVersion, "1.40") && {
      Mounts: Mounts?.map(recursive) ?? null,
      KernelMemoryTCP: 0,
      IpcMode: IpcMode || "shareable",
    }),
    ...(isBefore(apiVersion, "1.41") && cgroupVersion === 1 && { CgroupnsMode: CgroupnsMode || "host" }),
  };
}

/** They didn't know of binds without what is mounted below. */
function recursive(mount: Mount): Mount {
  if (!mount.BindOptions) return mount;
  const { NonRecursive: _, ...known } = mount.BindOptions;
  return { ...mount, BindOptions: known };
}

/** Whether a version is older than another: 1.9 is older than 1.24. */
function isBefore(version: string, other: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split(".").map(Number);
  return major !== otherMajor ? major < otherMajor : minor < otherMinor;
}
