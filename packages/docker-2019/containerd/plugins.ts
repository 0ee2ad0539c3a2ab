/**
 * What containerd is made of, as `ctr plugins ls` lists it. In the original each of these is a plugin that is found, configured and
 * started by its type and name; here they are modules that main.ts puts together, and keep the names.
 */
import type { FieldOf } from "./filters.ts";
import { contentDir, OPT_DIR, snapshotterDir } from "./paths.ts";

export interface Plugin {
  readonly type: string;
  readonly id: string;
  readonly capabilities?: readonly string[];
  /** Whether it depends on the machine it runs on. */
  readonly hasPlatform?: boolean;
  /** What others may want to know of it: its directory. */
  readonly exports?: Readonly<Record<string, string>>;
  /** Why it does not work here. */
  readonly failure?: string | undefined;
}

/** The services, each in two parts in the original: what it does, and how gRPC calls it. */
const SERVICES = ["containers", "content", "diff", "images", "leases", "namespaces", "snapshots", "tasks"];

/**
 * @param root - containerd's.
 * @param snapshotters - By name; those that the host can't have, with the reason.
 */
export function pluginsOf(root: string, snapshotters: Readonly<Record<string, string | undefined>>): readonly Plugin[] {
  return [
    { type: "io.containerd.content.v1", id: "content", exports: { root: contentDir(root) } },
    ...Object.entries(snapshotters).map(([id, failure]) => snapshotterPlugin(root, id, failure)),
    { type: "io.containerd.metadata.v1", id: "lmdb" },
    { type: "io.containerd.differ.v1", id: "walking", hasPlatform: true },
    { type: "io.containerd.gc.v1", id: "scheduler" },
    { type: "io.containerd.internal.v1", id: "opt", exports: { path: OPT_DIR } },
    { type: "io.containerd.internal.v1", id: "restart" },
    { type: "io.containerd.monitor.v1", id: "cgroups", hasPlatform: true },
    { type: "io.containerd.runtime.v2", id: "task", hasPlatform: true },
    ...SERVICES.map((name) => ({ type: "io.containerd.service.v1", id: `${name}-service` })),
    ...[...SERVICES, "events", "healthcheck", "introspection", "version"]
      .sort()
      .map((id) => ({ type: "io.containerd.grpc.v1", id })),
  ];
}

function snapshotterPlugin(root: string, id: string, failure: string | undefined): Plugin {
  const exports = { root: snapshotterDir(root, id) };
  return { type: "io.containerd.snapshotter.v1", id, hasPlatform: true, exports, failure };
}

/** The fields of a plugin that filters can ask for. */
export function fieldOfPlugin({ type, id, capabilities = [] }: Plugin): FieldOf {
  return ([field]) => {
    if (field === "type") return type;
    if (field === "id") return id;
    return field === "capabilities" ? capabilities.join(",") : undefined;
  };
}
