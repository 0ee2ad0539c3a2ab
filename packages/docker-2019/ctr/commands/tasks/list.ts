/** `ctr tasks ls` and `ps`. */
import { isAny, unpackAny } from "../../../proto/any.ts";
import type { Any } from "../../../proto/gen/google/protobuf/any_pb.ts";
import { ProcessDetailsSchema } from "../../../proto/gen/runc-options_pb.ts";
import { flag, leaf } from "../../command.ts";
import { print, printTable } from "../../output/print.ts";
import { WIDE } from "../../output/table.ts";
import { findTask } from "../../task/find.ts";
import { statusName } from "../../task/status.ts";

export const list = leaf<{ quiet?: true }>({
  name: "list",
  aliases: ["ls"],
  summary: "list tasks",
  usage: "[flags]",
  options: [flag("-q, --quiet", "print only the task id")],
  async run({ flags: { quiet }, containerd }) {
    const { tasks } = await containerd.tasks.list({});
    if (quiet) return tasks.forEach(({ id }) => void print(id));
    const rows = tasks.map(({ id, pid, status }) => `${id}\t${pid}\t${statusName(status)}`);
    printTable(["TASK\tPID\tSTATUS\t", ...rows], WIDE);
  },
});

export const ps = leaf({
  name: "ps",
  summary: "list processes for container",
  usage: "CONTAINER",
  async run({ args: [id], containerd }) {
    await findTask(containerd, id);
    const { processes } = await containerd.tasks.listPids({ containerId: id });
    printTable(["PID\tINFO", ...processes.map(({ pid, info }) => `${pid}\t${describe(info)}`)], WIDE);
  },
});

/** What the shim knows of a process: its exec id, if it has been added to the task. */
function describe(info: Any | undefined): string {
  if (info === undefined) return "-";
  return isAny(info, ProcessDetailsSchema) ? `ExecID:${unpackAny(ProcessDetailsSchema, info).execId}` : info.typeUrl;
}
