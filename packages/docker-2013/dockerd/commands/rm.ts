/** `docker rm`: stops containers, and removes them with all that they wrote. */
import type { Readable, Writable } from "node:stream";
import { subcmd } from "../../rcli/flag.ts";
import type { Server } from "../server.ts";

export async function CmdRm(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  const flags = subcmd(stdout, "rm", "[OPTIONS] CONTAINER", "Remove a container");
  if (!flags.parse(args)) return;
  for (const name of flags.args) {
    const container = this.containers.get(name);
    try {
      await this.containers.destroy(container);
    } catch (error) {
      stdout.write(`Error destroying container ${name}: ${error instanceof Error ? error.message : error}\n`);
    }
  }
}
