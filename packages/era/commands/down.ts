/** `era down`: ends what runs in the background. The daemon's state stays as it is. */
import { archiveServer } from "../archive.ts";
import { stopBackground } from "../background.ts";
import { dockerd } from "../dockerd.ts";
import { openWorld } from "../world.ts";
import { readOptions } from "./help.ts";

/** A daemon that stops has files to write and sockets to close, nothing that takes long. */
export const GRACE_MS = 10_000;

export async function down(words: readonly string[]): Promise<number> {
  const options = readOptions("down", words);
  if (!options) return 0;
  if (process.geteuid?.() !== 0) throw new Error("Cannot stop the daemon: only root can");
  if (options.year === "2019") return (await import("../2019/commands.ts")).down();
  const world = openWorld();
  for (const program of [archiveServer(world), dockerd(world)]) {
    const pid = stopBackground(world, program, GRACE_MS);
    console.log(pid === undefined ? `${program.name} was not running` : `${program.name} stopped (pid ${pid})`);
  }
  return 0;
}
