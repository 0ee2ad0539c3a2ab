/** `docker exec`: a further process in a running container. */
import { randomBytes } from "node:crypto";
import { Conflict, InvalidArgument, NotFound, Unknown } from "@eras/oci-spec/errdefs.ts";
import type { ExecCreateRequest } from "../../engine-api/exec.ts";
import type { Container } from "../container/container.ts";
import { Exec } from "../container/exec.ts";
import { ProcessStreams } from "../libcontainerd/fifos.ts";
import { processOfExec } from "./container-spec.ts";
import type { Daemon } from "./daemon.ts";
import { checkDetachKeys } from "./detach-keys.ts";
import { requireRunning } from "./stop.ts";

const ID_BYTES = 32;

/** Describes a process. @returns It, not started. */
export function createExec(daemon: Daemon, container: Container, config: ExecCreateRequest): Exec {
  if (!config.Cmd?.length) throw new InvalidArgument("No exec command specified");
  requireRunning(container, "");
  if (container.state.isPaused)
    throw new Conflict(`Container ${container.id} is paused, unpause the container before exec`);
  const { DetachKeys: keys = "" } = config;
  checkDetachKeys(keys, () => new Unknown(`Invalid escape keys (${keys}) provided`));
  const exec = new Exec(randomBytes(ID_BYTES).toString("hex"), container, config);
  daemon.execs.set(exec.id, exec);
  daemon.publish(`exec_create: ${shown(config.Cmd)}`, container, { execID: exec.id });
  return exec;
}

export function getExec(daemon: Daemon, id: string): Exec {
  const exec = daemon.execs.get(id);
  if (!exec) throw new NotFound(`No such exec instance: ${id}`);
  requireRunning(exec.container, "");
  return exec;
}

/** Starts the process that was described. Whoever is to hear its output listens already. */
export async function startExec(daemon: Daemon, exec: Exec): Promise<void> {
  const { container, config } = exec;
  if (exec.wasStarted) throw new Conflict(`Error: Exec command ${exec.id} is already running`);
  exec.wasStarted = true;
  daemon.publish(`exec_start: ${shown(config.Cmd!)}`, container, { execID: exec.id });
  const wanted = { stdin: config.AttachStdin ?? false, terminal: config.Tty ?? false };
  const streams = ProcessStreams.make(daemon.fifoDir(container.id), exec.id, wanted);
  exec.isRunning = true;
  try {
    await daemon.containerd.exec(container.id, exec.id, processOfExec(daemon, exec), streams.paths);
    exec.pid = await daemon.containerd.start(container.id, exec.id);
    streams.shimHasOpened();
    exec.streams.connect(streams); // not sooner: a runtime that fails tells that on the process's stderr, too
    exec.streams.setStarted();
  } catch (error) {
    await daemon.containerd.deleteExec(container.id, exec.id).catch(() => {});
    streams.destroy();
    exec.setEnded(126);
    throw error;
  } finally {
    exec.setStartDone();
  }
}

/** The program and, behind a space, its arguments: also when there are none. */
function shown([program, ...args]: readonly string[]): string {
  return `${program} ${args.join(" ")}`;
}
