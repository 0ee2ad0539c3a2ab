/** `runc events`: what a container uses, and when it runs out of memory, a line of JSON each. */
import { writeSync } from "node:fs";
import { cgroupMode } from "@eras/cgroups/detect.ts";
import { onOutOfMemory, oomKills } from "@eras/cgroups/out-of-memory.ts";
import { readCgroupStats } from "@eras/cgroups/read-stats.ts";
import { runcStatsEvent } from "@eras/cgroups/runc-stats.ts";
import { reachesState } from "@eras/cgroups/v2/events.ts";
import { FailedPrecondition, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { parseDuration } from "../../duration.ts";
import { defineCommand } from "../command.ts";
import { Container } from "../container/container.ts";
import { log } from "../log.ts";

export const command = defineCommand({
  usage: "[command options] <container-id>",
  summary: "display container events such as OOM notifications, cpu, memory, and IO usage statistics",
  description: `Statistics are printed again and again, until the container ends.`,
  flags: {
    interval: { type: "string", default: "5s", description: "set the stats collection interval" },
    stats: { type: "boolean", description: "display the container's stats then exit" },
  },
  minArgs: 1,
  maxArgs: 1,
  async run({ globals, flags, args: [id] }) {
    const container = Container.load(globals.root, id!);
    const intervalMs = parseInterval(flags.interval!);
    if (container.status === "stopped") throw new FailedPrecondition(`container with id ${id} is not running`);
    const printStats = await statsPrinter(container);
    if (flags.stats) printStats();
    else await printEvents(container, printStats, intervalMs);
    return 0;
  },
});

function parseInterval(text: string): number {
  const intervalMs = parseDuration(text);
  if (intervalMs <= 0) throw new InvalidArgument("duration interval must be greater than 0");
  return intervalMs;
}

/** Prints them now; what a container has of the processor is read by a module that most do without. */
type PrintStats = () => void;

async function statsPrinter({ id, state }: Container): Promise<PrintStats> {
  const { cgroup_paths: paths, intel_rdt_path: group, spec } = state;
  const resctrl = group ? await import("../container/resctrl-stats.ts") : undefined;
  return () => {
    const shares = resctrl?.readResctrlStats(group, id, spec.linux?.intelRdt);
    printLine(runcStatsEvent(id, readCgroupStats(paths), { isV2: cgroupMode() === "v2", shares }));
  };
}

function printLine(line: string): void {
  writeSync(1, `${line}\n`);
}

/** Resolves when the container has ended. Rejects when nobody reads any more. */
async function printEvents(container: Container, printStats: PrintStats, intervalMs: number): Promise<void> {
  const { promise: ended, resolve: end, reject } = Promise.withResolvers<void>();
  const attempt = (print: () => void) => {
    try {
      print();
    } catch (error) {
      reject(error);
    }
  };
  const timer = setInterval(() => (container.hasInit ? attempt(printStats) : end()), intervalMs);
  const countKills = () => oomKills(container.state.cgroup_paths);
  let told = countKills();
  const killed = () => {
    told = countKills();
    attempt(() => printLine(JSON.stringify({ type: "oom", id: container.id })));
  };
  const stopListening = listen(container, { killed, ended: end });
  onLastProcess(container, end);
  try {
    await ended;
    if (countKills() > told) killed(); // the kernel tells of the last process's end at once, of kills 10 ms later
  } finally {
    clearInterval(timer);
    stopListening();
  }
}

/** A user's container may be without a memory controller. */
function listen({ state }: Container, listener: { killed: () => void; ended: () => void }): () => void {
  try {
    return onOutOfMemory(state.cgroup_paths, listener);
  } catch (error) {
    log("warning", (error as Error).message);
    return () => {};
  }
}

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** v2 tells when the last process has ended; with v1 alone it is seen when statistics are due. */
function onLastProcess({ state }: Container, listener: () => void): void {
  const { "": v2 } = state.cgroup_paths;
  if (v2 !== undefined) void reachesState(v2, "populated", 0, LONGEST_TIMEOUT_MS).then(listener);
}
