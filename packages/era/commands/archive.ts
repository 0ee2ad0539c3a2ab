/** `era archive`: the archive server in the foreground; `era up` starts the same in the background. */
import { serveArchive } from "../archive-server.ts";
import { openWorld } from "../world.ts";
import { readOptions } from "./help.ts";

export async function archive(words: readonly string[]): Promise<number> {
  const options = readOptions("archive", words, ["port", "address"]);
  if (!options) return 0;
  const address = options.address ?? (options.port === undefined ? openWorld().archive : `127.0.0.1:${options.port}`);
  await serveArchive(address);
  return 0;
}
