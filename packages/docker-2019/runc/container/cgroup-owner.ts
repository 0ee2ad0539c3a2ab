/** Whose a container's cgroup is. */
import { resolve } from "node:path";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { hasNamespace, hasNewNamespace } from "../init/namespaces.ts";

/**
 * The user of the host who is the container's user, if that one sees the cgroup as the root of a tree in which he may write.
 *
 * @returns undefined where it stays with whoever makes it.
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#cgroup-ownership
 */
export function cgroupOwner({ linux = {}, mounts = [], process }: Spec): number | undefined {
  const isWritable = mounts.some(
    ({ source, destination, options = [] }) =>
      source === "cgroup" && resolve(destination) === "/sys/fs/cgroup" && !options.includes("ro"),
  );
  if (!isWritable || !hasNewNamespace(linux, "cgroup")) return undefined;
  const uid = process?.user?.uid ?? 0;
  if (!hasNamespace(linux, "user")) return uid;
  const mapping = linux.uidMappings?.find(({ containerID, size }) => uid >= containerID && uid < containerID + size);
  return mapping && mapping.hostID + uid - mapping.containerID;
}
