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
import { startError } from "./start-error.ts";
import { requireRunning } from "./stop.ts";

const ID_BYTES = 32;

/** What a request need not say. */
const UNSAID = {
  ...{ User: "", Privileged: false, Tty: false, Detach: false, DetachKeys: "", Env: null },
  ...{ AttachStdin: false, AttachStdout: false, AttachStderr: false },
};

/** Describes a process. @param name - The container's, as it was asked for. @returns It, not started. */
export function createExec(daemon: Daemon, container: Container, config: ExecCreateRequest, name = container.id): Exec {
  if (!config.Cmd?.length) throw new InvalidArgument("No exec command specified");
  requireActive(container, name);
  const { DetachKeys: keys = "" } = config;
  checkDetachKeys(keys, () => new Unknown(`Invalid escape keys (${keys}) provided`));
  const exec = new Exec(randomBytes(ID_BYTES).toString("hex"), container, { ...UNSAID, ...config });
  daemon.execs.set(exec.id, exec);
  daemon.publish(`exec_create: ${shown(config.Cmd)}`, container, { execID: exec.id });
  return exec;
}

function requireActive(container: Container, name: string): void {
  requireRunning(container, "");
  if (container.state.isPaused) throw new Conflict(`Container ${name} is paused, unpause the container before exec`);
}

/** Of whatever container. @throws {NotFound} */
export function findExec(daemon: Daemon, id: string): Exec {
  const exec = daemon.execs.get(id);
  if (!exec) throw new NotFound(`No such exec instance: ${id}`);
  return exec;
}

/** One that can be started, or be spoken with. @throws {NotFound | Conflict | Unknown} */
export function activeExec(daemon: Daemon, id: string): Exec {
  const exec = findExec(daemon, id);
  const { container } = exec;
  if (!container.state.isRunning)
    throw new Unknown(`Container ${container.id} is not running: ${container.state.description}`);
  requireActive(container, container.id);
  return exec;
}

/** A container has ended: what was to be started in it never will be. */
export function forgetUnstarted(daemon: Daemon, container: Container): void {
  for (const [id, exec] of daemon.execs) if (exec.container === container && !exec.wasStarted) daemon.execs.delete(id);
}

/** Starts the process that was described. Whoever is to hear its output listens already. */
export async function startExec(daemon: Daemon, exec: Exec): Promise<void> {
  const { container, config } = exec;
  if (exec.exitCode !== undefined) throw new Conflict(`Error: Exec command ${exec.id} has already run`);
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
    throw startError(error as Error);
  } finally {
    exec.setStartDone();
  }
}

/** The program and, behind a space, its arguments: also when there are none. */
function shown([program, ...args]: readonly string[]): string {
  return `${program} ${args.join(" ")}`;
}
