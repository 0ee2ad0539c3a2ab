import { isatty } from "node:tty";
import { booleanFlag, flag, leaf, ONE_ARGUMENT } from "../../command.ts";
import { attachStreams, chosenDetachKeys, followOurSize, untilEnd } from "../../container/attach.ts";
import { inspectContainer } from "../../container/inspect.ts";
import { beginWait } from "../../container/wait.ts";
import { ExitStatus } from "../../exit-status.ts";
import { printError } from "../../output/print.ts";
import type { Session } from "../../session.ts";
import { checkTerminal, DETACHED } from "../../stream/carry.ts";

interface Flags {
  readonly detachKeys?: string;
  readonly noStdin: boolean;
  readonly sigProxy: boolean;
}

const STDOUT = 1;

export const attach = leaf<Flags>({
  usage: "[OPTIONS] CONTAINER",
  arguments: ONE_ARGUMENT,
  options: [
    flag("--detach-keys <string>", "Override the key sequence for detaching a container"),
    booleanFlag("--no-stdin", "Do not attach STDIN"),
    booleanFlag("--sig-proxy", "Proxy all received signals to the process", true),
  ],
  async run({ docker, flags, args: [name = ""] }) {
    const { Id, Config, State } = await inspectContainer(docker, name);
    if (!State.Running) throw new Error("You cannot attach to a stopped container, start it first");
    if (State.Paused) throw new Error("You cannot attach to a paused container, unpause it first");
    if (State.Restarting) throw new Error("You cannot attach to a restarting container, wait until it is running");
    const tty = Config.Tty ?? false;
    const stdin = !flags.noStdin && (Config.OpenStdin ?? false);
    checkTerminal({ tty, stdin });
    if (flags.sigProxy && !tty) await proxySignals(docker, Id);
    const detachKeys = await chosenDetachKeys(docker, flags.detachKeys);
    const { status } = await beginWait(docker, Id, undefined); // answers at once if it has ended since
    const streams = await attachStreams(docker, Id, { tty, stdin, stdout: true, stderr: true, detachKeys });
    if (tty && isatty(STDOUT)) await drawAnew(docker, Id);
    if (!(await untilEnd(streams))) return printError(DETACHED);
    throw new ExitStatus(await status);
  },
});

async function proxySignals({ api }: Session, id: string): Promise<void> {
  const { forwardSignals } = await import("../../stream/signal-proxy.ts");
  forwardSignals(api, id);
}

async function drawAnew(docker: Session, id: string): Promise<void> {
  const path = `/containers/${id}/resize`;
  const { redraw } = await import("../../stream/terminal.ts");
  await redraw(docker.api, path, STDOUT);
  await followOurSize(docker, path);
}
