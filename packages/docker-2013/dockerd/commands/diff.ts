/** `docker diff`: lists what a container added, changed and deleted. */
import type { Readable, Writable } from "node:stream";
import { changes } from "@eras/layers/diff.ts";
import { subcmd } from "../../rcli/flag.ts";
import type { Server } from "../server.ts";

export async function CmdDiff(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  const flags = subcmd(stdout, "diff", "CONTAINER [OPTIONS]", "Inspect changes on a container's filesystem");
  if (!flags.parse(args)) return;
  const [name] = flags.args;
  if (name === undefined) throw new Error("Not enough arguments");
  const { Filesystem } = this.containers.get(name);
  const found = await changes(Filesystem.RWPath, Filesystem.Layers, Filesystem.union);
  stdout.write(found.map(({ kind, path }) => `${kind} ${path}\n`).join(""));
}
