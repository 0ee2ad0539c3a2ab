/**
 * The runtime that dockerd 19.03 asks for, `io.containerd.runtime.v1.linux`. Its shim spoke a protocol of its own; ours speaks that of
 * the runtimes after it, so here the old name and the old options become the new ones.
 */
import { isAny, packAny, unpackAny } from "../../proto/any.ts";
import type { Any } from "../../proto/gen/google/protobuf/any_pb.ts";
import { CreateOptionsSchema, RuncOptionsSchema } from "../../proto/gen/linux-runc-options_pb.ts";
import { OptionsSchema } from "../../proto/gen/runc-options_pb.ts";
import type { ContainerRuntime } from "../metadata/containers.ts";

const LINUX_RUNTIME = "io.containerd.runtime.v1.linux";
const SHIM_RUNTIME = "io.containerd.eras.v2";

/**
 * @param runtime - The container's.
 * @param taskOptions - What the client said when it asked for the task, which counts more than the container's options.
 * @returns The name by which to find a shim, and the options for it.
 */
export function shimRuntime(
  { name, options }: ContainerRuntime,
  taskOptions: Any | undefined,
): { readonly name: string; readonly options: Any | undefined } {
  if (name !== LINUX_RUNTIME) return { name, options: taskOptions ?? options };
  const runc = options && isAny(options, RuncOptionsSchema) ? unpackAny(RuncOptionsSchema, options) : undefined;
  const create = taskOptions && isAny(taskOptions, CreateOptionsSchema) && unpackAny(CreateOptionsSchema, taskOptions);
  const { runtime: binaryName, runtimeRoot: root, criuPath, systemdCgroup } = runc ?? {};
  return {
    name: SHIM_RUNTIME,
    options: packAny(OptionsSchema, { binaryName, root, criuPath, systemdCgroup, ...(create || {}) }),
  };
}
