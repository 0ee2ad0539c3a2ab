/** `ctr tasks` */
import type { Group } from "../command.ts";
import { checkpoint } from "./tasks/checkpoint.ts";
import { exec } from "./tasks/exec.ts";
import { attach, start } from "./tasks/follow.ts";
import { list, ps } from "./tasks/list.ts";
import { metrics } from "./tasks/metrics.ts";
import { remove } from "./tasks/remove.ts";
import { kill, pause, resume } from "./tasks/signal.ts";

export const tasks: Group = {
  name: "tasks",
  summary: "manage tasks",
  commands: [attach, checkpoint, remove, exec, list, kill, pause, ps, resume, start, metrics],
};
