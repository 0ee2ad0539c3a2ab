/** `docker mirror` and `debug`: two ways to see that the stream works. */

import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { subcmd } from "../../rcli/flag.ts";
import type { Server } from "../server.ts";

export async function CmdMirror(this: Server, stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  const flags = subcmd(stdout, "mirror", "", "Write standard input to standard output");
  if (flags.parse(args)) await pipeline(stdin, stdout, { end: false });
}

export async function CmdDebug(this: Server, stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  const flags = subcmd(stdout, "debug", "", "Write standard input to the daemon's log");
  if (!flags.parse(args)) return;
  for await (const line of createInterface({ input: stdin })) console.log(`--- ${line}`);
}
