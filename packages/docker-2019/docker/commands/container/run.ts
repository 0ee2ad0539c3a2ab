/**
 * docker run: create, attach, wait, start, in this order, so that neither a byte nor the end of the container is missed.
 *
 *     POST /containers/create              404 when the image is not there: POST /images/create, and once more
 *     POST /containers/ID/attach           becomes the container's standard streams
 *     POST /containers/ID/wait             answers when it ends
 *     POST /containers/ID/start
 *
 * Exit code: the container's; 125 when the daemon refuses, 126 when the command can't be executed, 127 when it isn't there.
 */
import type { ContainerCreateRequest } from "../../../engine-api/container-config.ts";
import { booleanFlag, flag, leaf } from "../../command.ts";
import { attachStreams, chosenDetachKeys, followOurSize, untilEnd } from "../../container/attach.ts";
import { createContainer } from "../../container/create.ts";
import { type CreateFlags, createOptions } from "../../container/create-flags.ts";
import { requestStart } from "../../container/request-start.ts";
import { statusOfStartError } from "../../container/start-error.ts";
import { beginWait } from "../../container/wait.ts";
import { ExitStatus, refusal } from "../../exit-status.ts";
import { print, printError } from "../../output/print.ts";
import type { Session } from "../../session.ts";
import { type Carriage, checkTerminal, DETACHED } from "../../stream/carry.ts";

interface Flags extends CreateFlags {
  readonly detach: boolean;
  readonly detachKeys?: string;
  readonly sigProxy: boolean;
}

export const run = leaf<Flags>({
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  arguments: { min: 1 },
  passThrough: true,
  options: [
    ...createOptions("running"),
    booleanFlag("-d, --detach", "Run container in background and print container ID"),
    flag("--detach-keys <string>", "Override the key sequence for detaching a container"),
    booleanFlag("--sig-proxy", "Proxy received signals to the process", true),
  ],
  async run({ docker, flags, args }) {
    if (flags.detach && flags.attach.length > 0) throw new Error("Conflicting options: -a and -d");
    if (!flags.detach) checkTerminal({ tty: flags.tty, stdin: flags.interactive || flags.attach.includes("stdin") });
    const { id, request } = await refusing(() =>
      createContainer(docker, flags, args, flags.detach ? unattached : undefined),
    );
    if (flags.sigProxy && !flags.detach) {
      const { forwardSignals } = await import("../../stream/signal-proxy.ts");
      forwardSignals(docker.api, id);
    }
    const how = await carriage(docker, flags, request);
    const streams = await attachStreams(docker, id, how);
    const { status } = await beginWait(docker, id, flags.rm ? "removed" : "next-exit");
    await start(docker, id, flags.rm ? status : undefined);
    if (!how.stdout && !how.stderr) print(id);
    if (flags.detach) return;
    if (flags.tty) await followOurSize(docker, `/containers/${id}/resize`);
    if (!(await untilEnd(streams))) return printError(DETACHED);
    if (how.stdout || how.stderr) throw new ExitStatus(await status); // -a stdin: it runs on
  },
});

/** What is wrong before there is a container ends docker with 125. */
async function refusing<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw refusal("run", error);
  }
}

function unattached(request: ContainerCreateRequest): ContainerCreateRequest {
  return { ...request, AttachStdin: false, AttachStdout: false, AttachStderr: false, StdinOnce: false };
}

async function carriage(docker: Session, flags: Flags, request: ContainerCreateRequest): Promise<Carriage> {
  return {
    tty: flags.tty,
    stdin: request.AttachStdin ?? false,
    stdout: request.AttachStdout ?? false,
    stderr: request.AttachStderr ?? false,
    detachKeys: await chosenDetachKeys(docker, flags.detachKeys),
  };
}

/** @param removed - With --rm, docker stays until the daemon has taken away what couldn't be started. */
async function start(docker: Session, id: string, removed: Promise<number> | undefined): Promise<void> {
  try {
    await requestStart(docker, id);
  } catch (error) {
    await removed?.catch(() => {}); // that it has no exit status says the same again
    throw new ExitStatus(statusOfStartError(error as Error), `docker: ${(error as Error).message.replace(/\.$/, "")}.`);
  }
}
