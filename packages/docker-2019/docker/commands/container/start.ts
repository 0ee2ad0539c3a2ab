import { booleanFlag, flag, leaf, ONE_OR_MORE } from "../../command.ts";
import { attachStreams, chosenDetachKeys, followOurSize, untilEnd } from "../../container/attach.ts";
import { forEach } from "../../container/each.ts";
import { inspectContainer } from "../../container/inspect.ts";
import { requestStart } from "../../container/request-start.ts";
import { beginWait } from "../../container/wait.ts";
import { ExitStatus } from "../../exit-status.ts";
import { printError } from "../../output/print.ts";
import type { Session } from "../../session.ts";
import { checkTerminal, DETACHED } from "../../stream/carry.ts";

interface Flags {
  readonly attach: boolean;
  readonly interactive: boolean;
  readonly detachKeys?: string;
}

export const start = leaf<Flags>({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  arguments: ONE_OR_MORE,
  options: [
    booleanFlag("-a, --attach", "Attach STDOUT/STDERR and forward signals"),
    flag("--detach-keys <string>", "Override the key sequence for detaching a container"),
    booleanFlag("-i, --interactive", "Attach container's STDIN"),
  ],
  async run({ docker, flags, args }) {
    if (!flags.attach && !flags.interactive) return startAll(docker, args);
    if (args.length > 1) throw new Error("you cannot start and attach multiple containers at once");
    await startAttached(docker, flags, args[0]!);
  },
});

async function startAll(docker: Session, names: readonly string[]): Promise<void> {
  try {
    await forEach(names, (name) => requestStart(docker, name));
  } catch (error) {
    throw new ExitStatus(1, `${(error as Error).message}\nError: failed to start containers: ${names.join(", ")}`);
  }
}

async function startAttached(docker: Session, flags: Flags, name: string): Promise<void> {
  const { Id, Config, HostConfig } = await inspectContainer(docker, name);
  const tty = Config.Tty ?? false;
  const stdin = flags.interactive && (Config.OpenStdin ?? false);
  checkTerminal({ tty, stdin });
  if (!tty) await proxySignals(docker, Id);
  const detachKeys = await chosenDetachKeys(docker, flags.detachKeys);
  const streams = await attachStreams(docker, Id, { tty, stdin, stdout: true, stderr: true, detachKeys });
  const { status } = await beginWait(docker, Id, HostConfig.AutoRemove ? "removed" : "next-exit");
  await requestStart(docker, Id);
  if (tty) await followOurSize(docker, `/containers/${Id}/resize`);
  if (!(await untilEnd(streams))) return printError(DETACHED);
  throw new ExitStatus(await status);
}

async function proxySignals({ api }: Session, id: string): Promise<void> {
  const { forwardSignals } = await import("../../stream/signal-proxy.ts");
  forwardSignals(api, id);
}
