/** Where a container's cgroup is. */
import { posix } from "node:path";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import type { SpecParts } from "./spec.ts";

const PARENTS = { cgroupfs: "/docker", systemd: "system.slice" } as const;
/** Scopes that systemd makes are called `docker-ID.scope`. */
const SCOPE_PREFIX = "docker";

export function addCgroup(spec: Spec, { id, hostConfig, daemon }: SpecParts): Spec {
  const parent = hostConfig.CgroupParent || daemon.cgroupParent || PARENTS[daemon.cgroupDriver];
  const cgroupsPath =
    daemon.cgroupDriver === "systemd" ? `${parent}:${SCOPE_PREFIX}:${id}` : posix.join(within(parent), id);
  return { ...spec, linux: { ...spec.linux, cgroupsPath } };
}

/** A path that leads out of the hierarchy leads nowhere beyond its root. */
function within(parent: string): string {
  return parent.startsWith("/") ? parent : posix.join("/", parent).slice(1);
}
