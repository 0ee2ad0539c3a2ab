/** A mount point of a container's record, as its spec needs it. */
import { tmpfsData } from "../config/mount-config.ts";
import type { MountPoint } from "../config/mount-points.ts";
import type { ResolvedMount } from "./spec.ts";

/** @param point - With its source: of a volume, the directory that it has. */
export function resolvedMount(point: MountPoint): ResolvedMount {
  const { Type, Destination, Source, RW, Propagation, Spec } = point;
  if (Type === "tmpfs") return { type: Type, destination: Destination, data: tmpfsData(Spec.TmpfsOptions, !RW) };
  const nonRecursive = Type === "bind" && Spec.BindOptions?.NonRecursive;
  return {
    type: Type,
    source: Source,
    destination: Destination,
    rw: RW,
    propagation: Propagation,
    ...(nonRecursive && { nonRecursive }),
  };
}
