import type { IdResponse } from "../../../engine-api/container.ts";
import type { ExecCreateRequest, ExecInspect, ExecStartRequest } from "../../../engine-api/exec.ts";
import { booleanFlag, flag, leaf, listFlag } from "../../command.ts";
import { chosenDetachKeys, followOurSize } from "../../container/attach.ts";
import { inspectContainer } from "../../container/inspect.ts";
import { checkVariable, environment } from "../../container/pairs.ts";
import { ExitStatus, FAILURE } from "../../exit-status.ts";
import type { Session } from "../../session.ts";
import { carry, checkTerminal, Detached } from "../../stream/carry.ts";

interface Flags {
  readonly detach: boolean;
  readonly detachKeys?: string;
  readonly env: readonly string[];
  readonly envFile: readonly string[];
  readonly interactive: boolean;
  readonly privileged: boolean;
  readonly tty: boolean;
  readonly user?: string;
  readonly workdir?: string;
}

export const exec = leaf<Flags>({
  usage: "[OPTIONS] CONTAINER COMMAND [ARG...]",
  arguments: { min: 2 },
  passThrough: true,
  options: [
    booleanFlag("-d, --detach", "Detached mode: run command in the background"),
    flag("--detach-keys <string>", "Override the key sequence for detaching a container"),
    listFlag("-e, --env <list>", "Set environment variables", checkVariable),
    listFlag("--env-file <list>", "Read in a file of environment variables"),
    booleanFlag("-i, --interactive", "Keep STDIN open even if not attached"),
    booleanFlag("--privileged", "Give extended privileges to the command"),
    booleanFlag("-t, --tty", "Allocate a pseudo-TTY"),
    flag("-u, --user <string>", "Username or UID (format: <name|uid>[:<group|gid>])"),
    flag("-w, --workdir <string>", "Working directory inside the container"),
  ],
  async run({ docker, flags, args: [name = "", ...command] }) {
    const request = createRequest(flags, command, await chosenDetachKeys(docker, flags.detachKeys));
    await inspectContainer(docker, name); // says first that it isn't there
    if (!flags.detach) checkTerminal({ tty: flags.tty, stdin: flags.interactive });
    const { Id } = await docker.api.post<IdResponse>(`/containers/${encodeURIComponent(name)}/exec`, { json: request });
    const start: ExecStartRequest = { Detach: flags.detach, Tty: flags.tty };
    if (flags.detach) await docker.api.post(`/exec/${Id}/start`, { json: start });
    else throw new ExitStatus(await runAttached(docker, Id, request, start));
  },
});

function createRequest(flags: Flags, command: readonly string[], detachKeys: string): ExecCreateRequest {
  const isAttached = !flags.detach;
  return {
    User: flags.user ?? "",
    Privileged: flags.privileged,
    Tty: flags.tty,
    AttachStdin: isAttached && flags.interactive,
    AttachStderr: isAttached,
    AttachStdout: isAttached,
    Detach: flags.detach,
    DetachKeys: detachKeys,
    Env: flags.env.length + flags.envFile.length > 0 ? environment(flags.envFile, flags.env) : null,
    WorkingDir: flags.workdir ?? "",
    Cmd: command,
  };
}

/** @returns The exit status of the command. */
async function runAttached(
  docker: Session,
  id: string,
  { AttachStdin: stdin, Tty: tty, DetachKeys: detachKeys }: ExecCreateRequest,
  start: ExecStartRequest,
): Promise<number> {
  const hijacked = await docker.api.hijack(`/exec/${id}/start`, { json: start });
  const ended = carry(hijacked, { tty, stdin, stdout: true, stderr: true, detachKeys });
  ended.catch(() => {}); // awaited below
  if (tty) await followOurSize(docker, `/exec/${id}/resize`);
  try {
    await ended;
  } catch (error) {
    if (error instanceof Detached) throw new ExitStatus(FAILURE, error.message);
    throw error;
  }
  const { ExitCode } = await docker.api.get<ExecInspect>(`/exec/${id}/json`);
  return ExitCode ?? 0;
}
