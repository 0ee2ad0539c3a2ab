/** `docker attach`: connects to a running container's streams; shows what is printed from then on. */
import type { Readable, Writable } from "node:stream";
import { subcmd } from "../../rcli/flag.ts";
import type { Server } from "../server.ts";

export async function CmdAttach(this: Server, stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  const flags = subcmd(stdout, "attach", "[OPTIONS] NAME", "Attach to a running container");
  const attachStdin = flags.bool("i", false, "Attach to stdin");
  const attachStdout = flags.bool("o", true, "Attach to stdout");
  const attachStderr = flags.bool("e", true, "Attach to stderr");
  if (!flags.parse(args, 1, 1)) return;

  const container = this.containers.get(flags.args[0]!);
  if (container.unattachable) throw new Error(container.unattachable);
  if (attachStdin.value && !container.stdin)
    throw new Error(`The stdin of container ${container.Id} is not open: run it with -i`);
  const outputs = [];
  if (attachStdout.value) outputs.push(container.stdout.sendTo(stdout));
  if (attachStderr.value) outputs.push(container.stderr.sendTo(stdout));
  if (container.Config.Tty) this.windowSizes.follow(stdout, (size) => container.resize(size));
  // The container's stdin stays open when this client's ends: others may attach after it.
  if (attachStdin.value) stdin.pipe(container.stdin!, { end: false });
  await Promise.all(outputs);
  if (!stdout.destroyed) await container.wait();
}
