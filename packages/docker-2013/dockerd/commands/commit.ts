/** `docker commit`: makes an image of what a container changed, as a layer on top of those that it was started from. */
import type { Readable, Writable } from "node:stream";
import { archiveLayer } from "@eras/layers/archive.ts";
import { subcmd } from "../../rcli/flag.ts";
import type { Server } from "../server.ts";

export async function CmdCommit(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  const flags = subcmd(stdout, "commit", "[OPTIONS] CONTAINER DEST", "Create a new image from a container's changes");
  if (!flags.parse(args, 2)) return;
  const [name, destination] = flags.args as [string, string];
  const { Filesystem, userData } = this.containers.get(name);
  const parent = { id: userData.image, layers: Filesystem.Layers };
  const image = await this.images.import(destination, archiveLayer(Filesystem.RWPath, Filesystem.union), parent);
  stdout.write(`${image.Id}\n`);
}
