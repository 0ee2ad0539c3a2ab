/** `docker mount` and `umount`: a stopped container's file system, to be looked at from the host. */
import type { Readable, Writable } from "node:stream";
import { subcmd } from "../../rcli/flag.ts";
import type { Server } from "../server.ts";

export function CmdMount(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): void {
  const flags = subcmd(stdout, "mount", "[OPTIONS] NAME", "Mount a container's filesystem");
  if (!flags.parse(args, 1)) return;
  for (const name of flags.args) {
    const container = this.containers.get(name);
    container.Filesystem.ensureMounted();
    stdout.write(`${container.Id}\n`);
  }
}

export function CmdUmount(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): void {
  const flags = subcmd(stdout, "umount", "[OPTIONS] NAME", "Unmount a container's filesystem");
  if (!flags.parse(args, 1)) return;
  for (const name of flags.args) {
    const container = this.containers.get(name);
    if (container.State.Running) throw new Error(`Cannot unmount container ${name}: it is running`);
    container.Filesystem.umount();
    stdout.write(`${container.Id}\n`);
  }
}
