/** `docker inspect`: everything about a container or an image, as JSON. */
import type { Readable, Writable } from "node:stream";
import { subcmd } from "../../rcli/flag.ts";
import type { Server } from "../server.ts";

export function CmdInspect(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): void {
  const flags = subcmd(
    stdout,
    "inspect",
    "[OPTIONS] CONTAINER",
    "Return low-level information on a container or image",
  );
  if (!flags.parse(args, 1)) return;
  const name = flags.args[0]!;
  const found = this.containers.find(name) ?? this.images.index.find(name);
  if (!found) throw new Error(`No such container or image: ${name}`);
  stdout.write(JSON.stringify(found, null, 4));
}
