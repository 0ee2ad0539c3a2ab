/** `docker stop`, `kill`, `start`, `restart`, `wait`: a container's life after its creation. The last four came in February 2013. */
import type { Readable, Writable } from "node:stream";
import { subcmd } from "../../rcli/flag.ts";
import type { Container } from "../container.ts";
import type { Server } from "../server.ts";

export function CmdStop(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  return eachContainer(this, stdout, args, "stop", "Stop a running container", async (container) => {
    await container.stop();
    return container.Id;
  });
}

export function CmdKill(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  return eachContainer(this, stdout, args, "kill", "Kill a running container", async (container) => {
    await container.kill();
    return container.Id;
  });
}

export function CmdStart(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  return eachContainer(this, stdout, args, "start", "Start a stopped container", (container) => {
    container.start();
    return container.Id;
  });
}

export function CmdRestart(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  return eachContainer(this, stdout, args, "restart", "Restart a running container", async (container) => {
    await container.stop();
    container.start();
    return container.Id;
  });
}

export function CmdWait(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  const description = "Block until a container stops, then print its exit code";
  return eachContainer(this, stdout, args, "wait", description, (container) => container.wait());
}

/** Does `act` to each container that is named, in turn, and prints what it returns. */
async function eachContainer(
  { containers }: Server,
  stdout: Writable,
  args: readonly string[],
  command: string,
  description: string,
  act: (container: Container) => Promise<string | number> | string,
): Promise<void> {
  const flags = subcmd(stdout, command, "[OPTIONS] NAME", description);
  if (!flags.parse(args, 1)) return;
  for (const name of flags.args) stdout.write(`${await act(containers.get(name))}\n`);
}
