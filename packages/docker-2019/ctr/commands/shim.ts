/** `ctr shim`: what containerd asks of a shim, asked by hand. containerd hears of it by the shim's events, if it is there. */
import { readFileSync } from "node:fs";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Process } from "@eras/oci-spec/runtime/config.ts";
import { parseProcess } from "@eras/oci-spec/runtime/parse.ts";
import { PROCESS_URL, packJson } from "../../proto/any.ts";
import { StateResponseSchema } from "../../proto/gen/shim_pb.ts";
import { flag, type Group, leaf, listFlag } from "../command.ts";
import { log } from "../output/log.ts";
import { print, printJson } from "../output/print.ts";
import { protoJson } from "../output/proto-json.ts";
import { type ContainerShim, SHIM_OPTIONS, type ShimFlags, withShim } from "../shim-connection.ts";
import { makeFifosAt, TaskStreams } from "../task/fifos.ts";
import { copyInput, copyOutputs } from "../task/stdio.ts";
import { LentTerminal } from "../task/terminal.ts";

const PROCESS_USAGE = "[EXEC-ID]";

const state = leaf<ShimFlags>({
  name: "state",
  summary: "get the state of all the processes of the task",
  usage: PROCESS_USAGE,
  isLocal: true,
  run: ({ flags, args, containerd: { globals } }) =>
    withShim(flags, globals, async ({ id, service }) => {
      const found = await service.state({ id, execId: execIdOf(id, args) });
      printJson(protoJson(StateResponseSchema, found));
    }),
});

const start = leaf<ShimFlags>({
  name: "start",
  summary: "start a container with a task",
  usage: PROCESS_USAGE,
  isLocal: true,
  run: ({ flags, args, containerd: { globals } }) =>
    withShim(flags, globals, async ({ id, service }) => {
      await service.start({ id, execId: execIdOf(id, args) });
    }),
});

const remove = leaf<ShimFlags>({
  name: "delete",
  summary: "delete a container with a task",
  usage: PROCESS_USAGE,
  isLocal: true,
  run: ({ flags, args, containerd: { globals } }) =>
    withShim(flags, globals, async ({ id, service }) => {
      const { exitStatus } = await service.delete({ id, execId: execIdOf(id, args) });
      print(`container deleted and returned exit status ${exitStatus}`);
    }),
});

/** The container's name is for its first process, as is none at all. */
function execIdOf(id: string, [name = ""]: readonly string[]): string {
  return name === id ? "" : name;
}

interface ExecFlags extends ShimFlags {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly tty?: true;
  readonly attach?: true;
  readonly env: readonly string[];
  readonly cwd?: string;
  readonly spec?: string;
}

const exec = leaf<ExecFlags>({
  name: "exec",
  summary: "exec a new process in the task's container",
  usage: "[flags] EXEC-ID",
  isLocal: true,
  options: [
    flag("--stdin <value>", "specify the path to the stdin fifo").default("", "none"),
    flag("--stdout <value>", "specify the path to the stdout fifo").default("", "none"),
    flag("--stderr <value>", "specify the path to the stderr fifo").default("", "none"),
    flag("-t, --tty", "enable tty support"),
    flag("-a, --attach", "stay attached to the container and open the fifos"),
    listFlag("-e, --env <value>", "add environment vars"),
    flag("--cwd <value>", "current working directory"),
    flag("--spec <value>", "file of the process, which is like that of a config.json"),
  ],
  run: ({ flags, args: [execId], containerd: { globals } }) =>
    withShim(flags, globals, async (shim) => {
      if (!execId) throw new InvalidArgument("exec id must be provided");
      await execute(shim, execId, readProcess(flags), flags);
    }),
});

/** @throws {InvalidArgument} When no file is named, or it holds no process. */
function readProcess({ spec, env, cwd, tty }: ExecFlags): Process {
  if (spec === undefined) throw new InvalidArgument("Cannot exec without a process: name its file with --spec");
  const said = parseProcess(readFileSync(spec, "utf8")).value;
  return { ...said, terminal: tty ?? false, env: [...(said.env ?? []), ...env], ...(cwd !== undefined && { cwd }) };
}

async function execute(shim: ContainerShim, execId: string, spec: Process, flags: ExecFlags): Promise<void> {
  const { stdin, stdout, attach: isAttached } = flags;
  const terminal = flags.tty ?? false;
  const paths = { stdin, stdout, stderr: terminal ? "" : flags.stderr };
  const name = { id: shim.id, execId };
  makeFifosAt(paths);
  const streams = new TaskStreams(paths);
  const copied = isAttached ? copyOutputs(streams) : undefined;
  try {
    await shim.service.exec({ ...name, ...paths, terminal, spec: packJson(PROCESS_URL, spec) });
    const { pid } = await shim.service.start(name);
    streams.shimHasOpened();
    print(`exec running with pid ${pid}`);
    if (copied) await attach(shim, name, streams, { terminal, copied });
  } finally {
    streams.detach();
  }
}

interface Attached {
  readonly terminal: boolean;
  /** Resolves when the process has written its last. */
  readonly copied: Promise<void>;
}

async function attach(
  { service }: ContainerShim,
  name: { readonly id: string; readonly execId: string },
  streams: TaskStreams,
  { terminal, copied }: Attached,
): Promise<void> {
  const lent = terminal ? LentTerminal.lend() : undefined;
  const quietly = (asked: Promise<unknown>) =>
    void asked.catch((error: Error) => log("debug", "the process did not hear", { error: error.message }));
  try {
    lent?.followSize(({ rows, columns }) => quietly(service.resizePty({ ...name, width: columns, height: rows })));
    copyInput(streams, () => quietly(service.closeIO({ ...name, stdin: true })));
    await copied;
  } finally {
    lent?.giveBack();
  }
}

export const shim: Group = {
  name: "shim",
  summary: "interact with a shim directly",
  options: SHIM_OPTIONS,
  commands: [remove, exec, start, state],
};
