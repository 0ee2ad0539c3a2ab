/** How much a container gets. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import type { LinuxCPU } from "@eras/oci-spec/runtime/config-linux.ts";
import type { ContainerFlags } from "./flags.ts";

/** Microseconds: a tenth of a second, in which `--cpus 0.5` lets a container run for half of it. */
const CPU_PERIOD_US = 100_000;

/** @throws {InvalidArgument} When two flags say the same differently. */
export function addLimits(spec: Spec, flags: ContainerFlags): Spec {
  const cpu = cpuLimits(flags);
  const { memoryLimit } = flags;
  const resources = {
    ...spec.linux?.resources,
    ...(memoryLimit && { memory: { limit: memoryLimit } }),
    ...(Object.keys(cpu).length > 0 && { cpu }),
  };
  return { ...spec, linux: { ...spec.linux, resources } };
}

function cpuLimits({ cpus, cpuShares, cpuQuota, cpuPeriod }: ContainerFlags): LinuxCPU {
  if (cpus && (cpuQuota || cpuPeriod)) throw new InvalidArgument("cpus and quota/period should be used separately");
  const quota = cpus ? Math.round(cpus * CPU_PERIOD_US) : cpuQuota;
  const period = cpus ? CPU_PERIOD_US : cpuPeriod;
  return {
    ...(cpuShares > 0 && { shares: cpuShares }),
    ...(quota !== undefined && quota > -1 && { quota }),
    ...(period && { period }),
  };
}
