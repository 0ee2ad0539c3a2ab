/** `ctr tasks metrics`: what a task takes, at this moment. */
import { Internal, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { isAny, unpackAny } from "../../../proto/any.ts";
import { type Metrics as MetricsV1, MetricsSchema as V1Schema } from "../../../proto/gen/cgroups-v1_pb.ts";
import { type Metrics as MetricsV2, MetricsSchema as V2Schema } from "../../../proto/gen/cgroups-v2_pb.ts";
import type { Any } from "../../../proto/gen/google/protobuf/any_pb.ts";
import type { Metric } from "../../../proto/gen/types_pb.ts";
import type { Schema } from "../../../proto/message.ts";
import { flag, leaf } from "../../command.ts";
import { print, printTable } from "../../output/print.ts";
import { protoJson } from "../../output/proto-json.ts";
import { WIDE } from "../../output/table.ts";
import { goTime } from "../../output/time.ts";
import { findTask } from "../../task/find.ts";

export const metrics = leaf<{ format: string }>({
  name: "metrics",
  summary: "get a single data point of metrics for a task with the built-in Linux runtime",
  usage: "[flags] CONTAINER",
  options: [flag("--format <value>", '"table" or "json"').default("table")],
  async run({ flags: { format }, args: [id], containerd }) {
    if (format !== "table" && format !== "json")
      throw new InvalidArgument(`format must be "table" or "json", and is ${JSON.stringify(format)}`);
    await findTask(containerd, id);
    const { metrics: all } = await containerd.tasks.metrics({ filters: [`id==${id}`] });
    const [metric] = all;
    if (metric?.data === undefined) throw new Internal(`Cannot show metrics of ${id}: containerd has none`);
    if (format === "json") print(JSON.stringify(protoJson(schemaOf(metric.data), message(metric.data)), null, 2));
    else printTable([...headOf(metric), "METRIC\tVALUE\t", ...rowsOf(metric.data)], WIDE);
  },
});

function headOf({ id, timestamp }: Metric): string[] {
  return ["ID\tTIMESTAMP\t", `${id}\t${goTime(timestamp)}\t`, ""];
}

/** @throws {InvalidArgument} When it is neither cgroup v1's nor v2's. */
function schemaOf(data: Any): Schema<object> {
  if (isAny(data, V1Schema)) return V1Schema;
  if (isAny(data, V2Schema)) return V2Schema;
  throw new InvalidArgument(`Cannot show metrics of type ${data.typeUrl}: cgroup v1's and v2's are known`);
}

function message(data: Any): object {
  return unpackAny(schemaOf(data), data);
}

function rowsOf(data: Any): string[] {
  const rows = isAny(data, V1Schema) ? rowsV1(unpackAny(V1Schema, data)) : rowsV2(unpackAny(V2Schema, data));
  return rows.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}\t${value}\t`);
}

type Row = readonly [name: string, value: unknown];

function rowsV1({ memory, cpu, pids }: MetricsV1): Row[] {
  return [
    ["memory.usage_in_bytes", memory?.usage?.usage],
    ["memory.limit_in_bytes", memory?.usage?.limit],
    ["memory.stat.cache", memory?.totalCache],
    ["cpuacct.usage", cpu?.usage?.total],
    ["cpuacct.usage_percpu", cpu?.usage && `[${cpu.usage.perCpu.join(" ")}]`],
    ["pids.current", pids?.current],
    ["pids.limit", pids?.limit],
  ];
}

function rowsV2({ memory, cpu, pids }: MetricsV2): Row[] {
  return [
    ["pids.current", pids?.current],
    ["pids.limit", pids?.limit],
    ["cpu.usage_usec", cpu?.usageUsec],
    ["cpu.user_usec", cpu?.userUsec],
    ["cpu.system_usec", cpu?.systemUsec],
    ["memory.usage", memory?.usage],
    ["memory.usage_limit", memory?.usageLimit],
    ["memory.swap_usage", memory?.swapUsage],
    ["memory.swap_limit", memory?.swapLimit],
    ["memory.anon", memory?.anon],
    ["memory.file", memory?.file],
    ["memory.pgfault", memory?.pgfault],
  ];
}
