/** Further processes in containers, as the API has them. */
import type { ExecInspect } from "../../engine-api/exec.ts";
import { frame, STREAM_TYPES } from "../../engine-api/stdcopy.ts";
import type { Exec } from "../container/exec.ts";
import { attach } from "../daemon/attach.ts";
import type { Daemon } from "../daemon/daemon.ts";
import { activeExec, createExec, findExec, startExec } from "../daemon/exec.ts";
import { resizeExec } from "../daemon/resize.ts";
import { type ApiCall, type Route, route } from "./call.ts";
import { sizeOf } from "./container-routes.ts";
import { EXEC, EXEC_START } from "./requests.ts";

const RAW_STREAM = "application/vnd.docker.raw-stream";

export function execRoutes(daemon: Daemon): Route[] {
  return [
    route("POST", "/containers/{name:.*}/exec", async (call) => {
      const request = await call.json(EXEC);
      const name = call.params.name!;
      const { id: Id } = createExec(daemon, daemon.containers.get(name), request, name);
      call.answer.json(201, { Id });
    }),
    route("GET", "/exec/{id}/json", ({ params }) => inspectOf(findExec(daemon, params.id!))),
    route("POST", "/exec/{id}/start", (call) => start(call, daemon)),
    route("POST", "/exec/{id}/resize", async (call) => {
      const size = sizeOf(call);
      await resizeExec(daemon, activeExec(daemon, call.params.id!), size);
      call.answer.empty(201);
    }),
  ];
}

async function start(call: ApiCall, daemon: Daemon): Promise<void> {
  const { Detach } = await call.json(EXEC_START);
  const exec = activeExec(daemon, call.params.id!);
  if (Detach) {
    await startExec(daemon, exec);
    call.answer.empty(200);
    return;
  }
  const { AttachStdin: stdin, AttachStdout: stdout, AttachStderr: stderr, Tty: terminal, DetachKeys } = exec.config;
  const client = call.answer.hijack(RAW_STREAM, {});
  const wishes = { stdin, stdout, stderr, terminal, raw: terminal, detachKeys: DetachKeys };
  const attached = attach(exec.streams, client, wishes, () => daemon.containerd.closeStdin(exec.container.id, exec.id));
  try {
    await startExec(daemon, exec);
  } catch (error) {
    const told = Buffer.from(`${(error as Error).message}\r\n`); // the head is out: this is how the original says it
    client.end(terminal ? told : frame(STREAM_TYPES.stdout, told));
  }
  await attached;
}

function inspectOf({ id, config, container, isRunning, exitCode, isToBeForgotten, pid }: Exec): ExecInspect {
  const [entrypoint = "", ...words] = config.Cmd;
  return {
    ID: id,
    Running: isRunning,
    ExitCode: exitCode ?? null,
    ProcessConfig: {
      tty: config.Tty,
      entrypoint,
      arguments: words,
      privileged: config.Privileged,
      ...(config.User && { user: config.User }),
    },
    OpenStdin: config.AttachStdin,
    OpenStderr: config.AttachStderr,
    OpenStdout: config.AttachStdout,
    CanRemove: isToBeForgotten,
    ContainerID: container.id,
    DetachKeys: config.DetachKeys,
    Pid: pid,
  };
}
