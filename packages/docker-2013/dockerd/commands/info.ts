/** `docker info`, of 4 February 2013. */
import type { Readable, Writable } from "node:stream";
import { subcmd } from "../../rcli/flag.ts";
import type { Server } from "../server.ts";

/** What the original called itself from February on. */
const VERSION = "0.0.1";

export function CmdInfo(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): void {
  const flags = subcmd(stdout, "info", "", "Display system-wide information");
  if (!flags.parse(args)) return;
  const images = this.images.index.histories().length;
  stdout.write(`containers: ${this.containers.list().length}\nversion: ${VERSION}\nimages: ${images}\n`);
}
