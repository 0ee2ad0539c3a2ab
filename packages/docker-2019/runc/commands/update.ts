/** `runc update`: other limits for a container that is there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FailedPrecondition, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { LinuxIntelRdt, LinuxResources } from "@eras/oci-spec/runtime/config-linux.ts";
import { parseResources } from "@eras/oci-spec/runtime/parse.ts";
import { defineCommand, type Flags, type FlagValues, type Globals } from "../command.ts";
import { Container } from "../container/container.ts";
import { parseMemorySize } from "../container/memory-size.ts";
import { writeState } from "../container/state.ts";
import { updateResources } from "../container/update-resources.ts";
import { callErrorText } from "../error-text.ts";
import { log } from "../log.ts";

const FLAGS = {
  resources: {
    type: "string",
    short: "r",
    description:
      "path to the file containing the resources to update or '-' to read from the standard input: JSON as linux.resources of config.json; all other options are then ignored",
  },
  "blkio-weight": { type: "number", default: 0, description: "Specifies per cgroup weight, range is from 10 to 1000" },
  "cpu-period": {
    type: "string",
    description: "CPU CFS period to be used for hardcapping (in usecs). 0 to use system default",
  },
  "cpu-quota": {
    type: "string",
    description: "CPU CFS hardcap limit (in usecs). Allowed cpu time in a given period",
  },
  "cpu-burst": {
    type: "string",
    description: "CPU CFS burst limit (in usecs). Unused cpu time that may be saved for later periods",
  },
  "cpu-share": { type: "string", description: "CPU shares (relative weight vs. other containers)" },
  "cpu-rt-period": {
    type: "string",
    description: "CPU realtime period to be used for hardcapping (in usecs). 0 to use system default",
  },
  "cpu-rt-runtime": {
    type: "string",
    description: "CPU realtime hardcap limit (in usecs). Allowed cpu time in a given period",
  },
  "cpuset-cpus": { type: "string", description: "CPU(s) to use" },
  "cpuset-mems": { type: "string", description: "Memory node(s) to use" },
  "kernel-memory": { type: "string", description: "(obsoleted; do not use)" },
  "kernel-memory-tcp": { type: "string", description: "(obsoleted; do not use)" },
  memory: { type: "string", description: "Memory limit (in bytes)" },
  "cpu-idle": { type: "string", description: "1: run only when nobody else wants to (SCHED_IDLE), 0: as usual" },
  "memory-reservation": { type: "string", description: "Memory reservation or soft_limit (in bytes)" },
  "memory-swap": {
    type: "string",
    description: "Total memory usage (memory + swap); set '-1' to enable unlimited swap",
  },
  "pids-limit": { type: "number", default: 0, description: "Maximum number of pids allowed in the container" },
  "l3-cache-schema": { type: "string", description: "The string of Intel RDT/CAT L3 cache schema" },
  "mem-bw-schema": { type: "string", description: "The string of Intel RDT/MBA memory bandwidth schema" },
} as const satisfies Flags;

type UpdateFlags = FlagValues<typeof FLAGS>;

export const command = defineCommand({
  usage: "[command options] <container-id>",
  summary: "update container resource constraints",
  flags: FLAGS,
  minArgs: 1,
  maxArgs: 1,
  async run({ globals, flags, args: [id] }) {
    const container = Container.load(globals.root, id!);
    const { devices, ...limits } = parse(flags.resources ? readText(flags.resources) : JSON.stringify(ofFlags(flags)));
    if (devices) log("warning", "devices of a container are set when it is created, and left as they are");
    if (container.status === "stopped") throw new FailedPrecondition("container not running");
    const share = { l3CacheSchema: flags["l3-cache-schema"] ?? "", memBwSchema: flags["mem-bw-schema"] ?? "" };
    const shared = await shareProcessor(container, globals, share);
    writeState(container.dir, await updateResources(shared, limits));
    return 0;
  },
});

function parse(json: string): LinuxResources {
  const { value, warnings } = parseResources(json);
  for (const warning of warnings) log("warning", warning);
  return value;
}

const STDIN = 0;

function readText(path: string): string {
  try {
    return readFileSync(path === "-" ? STDIN : path, "utf8");
  } catch (error) {
    throw new Error(callErrorText("open", path, error as NodeJS.ErrnoException), { cause: error });
  }
}

/** Flags that are not given are undefined, and gone when it is JSON. */
function ofFlags(flags: UpdateFlags): object {
  return {
    memory: {
      limit: bytes(flags, "memory"),
      reservation: bytes(flags, "memory-reservation"),
      swap: bytes(flags, "memory-swap"),
      kernel: bytes(flags, "kernel-memory"),
      kernelTCP: bytes(flags, "kernel-memory-tcp"),
    },
    cpu: {
      shares: integer(flags, "cpu-share"),
      quota: integer(flags, "cpu-quota"),
      period: integer(flags, "cpu-period"),
      burst: integer(flags, "cpu-burst"),
      realtimeRuntime: integer(flags, "cpu-rt-runtime"),
      realtimePeriod: integer(flags, "cpu-rt-period"),
      cpus: flags["cpuset-cpus"],
      mems: flags["cpuset-mems"],
      idle: integer(flags, "cpu-idle"),
    },
    pids: { limit: flags["pids-limit"] },
    blockIO: { weight: flags["blkio-weight"] },
  };
}

type TextFlag = {
  [Name in keyof UpdateFlags]-?: UpdateFlags[Name] extends string | undefined ? Name : never;
}[keyof UpdateFlags];

/** -1 means no limit. */
function bytes(flags: UpdateFlags, name: TextFlag): number | undefined {
  const text = flags[name];
  if (!text || text === "-1") return text ? -1 : undefined;
  try {
    return parseMemorySize(text);
  } catch (error) {
    throw new InvalidArgument(`invalid value for ${name}: ${(error as Error).message}`, { cause: error });
  }
}

function integer(flags: UpdateFlags, name: TextFlag): number | undefined {
  const text = flags[name];
  if (!text) return undefined;
  if (!/^[-+]?\d+$/.test(text)) throw new InvalidArgument(`invalid value for ${name}: "${text}" is not a whole number`);
  return Number(text);
}

/** Gives a container another share of cache and memory bandwidth, and remembers it. @returns The container with that. */
async function shareProcessor(container: Container, globals: Globals, share: LinuxIntelRdt): Promise<Container> {
  const { l3CacheSchema, memBwSchema } = share;
  if (!l3CacheSchema && !memBwSchema) return container;
  const { findResctrl, makeGroup, setShare } = await import("../container/resctrl.ts");
  const { root, sharesCache, sharesBandwidth } = findResctrl();
  if (l3CacheSchema && !sharesCache) throw new FailedPrecondition("Intel RDT/CAT: l3 cache schema is not enabled");
  if (memBwSchema && !sharesBandwidth)
    throw new FailedPrecondition("Intel RDT/MBA: memory bandwidth schema is not enabled");
  const { id, dir, state } = container;
  const { linux } = state.spec;
  const known = state.intel_rdt_path;
  const group = known || join(root!, id);
  const spec = { ...state.spec, linux: { ...linux, intelRdt: { ...linux?.intelRdt, ...share } } };
  writeState(dir, { ...state, spec, intel_rdt_path: group }); // first: `delete` has to know of it
  if (known) setShare(group, share);
  else makeGroup(group, id, share, container.cgroup.pids());
  return Container.load(globals.root, id);
}
