/**
 * What containers use, as Prometheus has it. Names and units are those of containerd's cgroups monitor, which differ between v1 and v2 as
 * the kernel's files do.
 */
import { isAny, unpackAny } from "../../proto/any.ts";
import { MetricsSchema as MetricsV1Schema } from "../../proto/gen/cgroups-v1_pb.ts";
import { MetricsSchema as MetricsV2Schema } from "../../proto/gen/cgroups-v2_pb.ts";
import type { Any } from "../../proto/gen/google/protobuf/any_pb.ts";
import type { Measure, Sample } from "./measure.ts";
import { V1_MEASURES } from "./v1-gauges.ts";
import { V2_MEASURES } from "./v2-gauges.ts";

/** A measured thing with its values. */
export interface Measured {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** All that is told of a container's cgroup. @param metrics - As its shim gives it. */
export function measured(metrics: Any): readonly Measured[] {
  if (isAny(metrics, MetricsV1Schema)) return readAll(V1_MEASURES, unpackAny(MetricsV1Schema, metrics));
  return isAny(metrics, MetricsV2Schema) ? readAll(V2_MEASURES, unpackAny(MetricsV2Schema, metrics)) : [];
}

function readAll<Metrics>(measures: readonly Measure<Metrics>[], metrics: Metrics): Measured[] {
  return measures.map(({ name, help, read }) => {
    const values = read(metrics) ?? [];
    return { name: `container_${name}`, help, samples: typeof values === "bigint" ? [{ value: values }] : values };
  });
}
