/** Starting a container's task: its streams, its files, its process. */
import { writeFileSync } from "node:fs";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import type { Option } from "commander";
import { packAny, SPEC_URL, unpackJson } from "../../proto/any.ts";
import type { Container } from "../../proto/gen/containers_pb.ts";
import { OptionsSchema } from "../../proto/gen/runc-options_pb.ts";
import { ContainerExit, flag } from "../command.ts";
import type { Containerd } from "../containerd.ts";
import { DEFAULT_FIFO_DIR, type FifoPaths, makeFifos, NO_STREAMS, TaskStreams } from "./fifos.ts";
import { follow } from "./task.ts";

export interface StartFlags {
  readonly detach?: true;
  readonly nullIo?: true;
  readonly logUri?: string;
  readonly fifoDir: string;
  readonly pidFile?: string;
  readonly noPivot?: true;
}

export const START_OPTIONS: readonly Option[] = [
  flag("-d, --detach", "detach from the task after it has started execution"),
  flag("--null-io", "send all IO to /dev/null"),
  flag("--log-uri <value>", "log uri"),
  flag("--fifo-dir <value>", "directory used for storing IO FIFOs").default(DEFAULT_FIFO_DIR),
  flag("--pid-file <value>", "file path to write the task's pid"),
  flag("--no-pivot", "disable use of pivot-root (linux only)"),
];

/**
 * Starts a container's task; unless detached, follows it to its end, and deletes it then.
 *
 * @returns The exit status; undefined of a task that has been left running.
 */
export async function startTask(
  containerd: Containerd,
  container: Container,
  flags: StartFlags,
): Promise<number | undefined> {
  const terminal = hasTerminal(container);
  const paths = streamPaths(container.id, terminal, flags);
  const streams = new TaskStreams(paths);
  let isRunning = false;
  try {
    const pid = await createTask(containerd, container, { ...paths, terminal }, flags);
    streams.shimHasOpened();
    const status = await runCreated(containerd, container.id, streams, { terminal, pid, ...flags });
    isRunning = status === undefined;
    return status;
  } finally {
    if (isRunning) streams.detach();
    else streams.destroy();
  }
}

interface Created extends Pick<StartFlags, "detach" | "pidFile"> {
  readonly terminal: boolean;
  readonly pid: number;
}

async function runCreated(
  containerd: Containerd,
  containerId: string,
  streams: TaskStreams,
  { terminal, pid, detach, pidFile }: Created,
): Promise<number | undefined> {
  const start = () => containerd.tasks.start({ containerId });
  try {
    if (pidFile !== undefined) writeFileSync(pidFile, String(pid));
    if (detach) return void (await start());
    const status = await follow(containerd, { containerId }, streams, { terminal, start });
    await containerd.tasks.delete({ containerId });
    return status;
  } catch (error) {
    await containerd.tasks.delete({ containerId }).catch(() => {}); // nobody else would; what went wrong first is what is told
    throw error;
  }
}

function hasTerminal({ spec }: Container): boolean {
  return spec !== undefined && ((unpackJson(SPEC_URL, spec) as Spec).process?.terminal ?? false);
}

function streamPaths(id: string, terminal: boolean, { nullIo, logUri, fifoDir }: StartFlags): FifoPaths {
  if (nullIo) return NO_STREAMS;
  if (logUri !== undefined) return { stdin: "", stdout: logUri, stderr: terminal ? "" : logUri };
  return makeFifos(fifoDir, id, { terminal });
}

/** @returns The PID of what waits to be started. */
async function createTask(
  containerd: Containerd,
  { id: containerId, snapshotter, snapshotKey: key }: Container,
  io: FifoPaths & { readonly terminal: boolean },
  { noPivot }: StartFlags,
): Promise<number> {
  const rootfs = key === "" ? [] : (await containerd.snapshots.mounts({ snapshotter, key })).mounts;
  const options = noPivot ? packAny(OptionsSchema, { noPivotRoot: true }) : undefined;
  return (await containerd.tasks.create({ containerId, rootfs, ...io, options })).pid;
}

/** Makes a container's exit status ctr's own. */
export function exitWith(status: number | undefined): void {
  if (status !== undefined && status !== 0) throw new ContainerExit(status);
}
