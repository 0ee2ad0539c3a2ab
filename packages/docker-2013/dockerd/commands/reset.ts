/** `docker reset`: undoes everything that a container wrote. */
import { mkdirSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { removeTree } from "@eras/layers/remove-tree.ts";
import { subcmd } from "../../rcli/flag.ts";
import type { Server } from "../server.ts";

export async function CmdReset(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  const flags = subcmd(stdout, "reset", "CONTAINER [OPTIONS]", "Reset changes to a container's filesystem");
  if (!flags.parse(args)) return;
  if (flags.args.length === 0) throw new Error("Not enough arguments");
  for (const name of flags.args) {
    const { State, Filesystem } = this.containers.get(name);
    if (State.Running) throw new Error(`Cannot reset container ${name}: it is running`);
    if (Filesystem.isMounted()) Filesystem.umount();
    await removeTree(Filesystem.RWPath);
    mkdirSync(Filesystem.RWPath, { mode: 0o755 });
  }
}
