/** `docker tar`: writes all files of a container, as it sees them, as one uncompressed tar. */
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { archiveTree } from "@eras/layers/archive.ts";
import { subcmd } from "../../rcli/flag.ts";
import type { Server } from "../server.ts";

export async function CmdTar(this: Server, _stdin: Readable, stdout: Writable, ...args: string[]): Promise<void> {
  const flags = subcmd(stdout, "tar", "CONTAINER", "Stream the contents of a container as a tar archive");
  const sparse = flags.bool("s", false, "Generate a sparse tar stream; not implemented");
  if (!flags.parse(args, 1)) return;
  if (sparse.value) throw new Error("Sparse mode not yet implemented");
  const { Filesystem } = this.containers.get(flags.args[0]!);
  Filesystem.ensureMounted();
  await pipeline(archiveTree(Filesystem.RootFS), stdout, { end: false });
}
