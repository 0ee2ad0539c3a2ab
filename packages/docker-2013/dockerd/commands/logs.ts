/** `docker logs`: what a container has printed since this daemon started it. */
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { subcmd } from "../../rcli/flag.ts";
import type { Server } from "../server.ts";

export async function CmdLogs(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  const flags = subcmd(stdout, "logs", "[OPTIONS] CONTAINER", "Fetch the logs of a container");
  if (!flags.parse(args, 1, 1)) return;
  const { stdout: out, stderr: err } = this.containers.get(flags.args[0]!);
  await pipeline(Readable.from([...out.log.read(), ...err.log.read()]), stdout, { end: false });
}
