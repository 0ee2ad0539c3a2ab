/** `era up`: the daemon in the background, without a container yet. */
import { setUp } from "../set-up.ts";
import { openWorld } from "../world.ts";
import { readOptions } from "./help.ts";
import { status } from "./status.ts";

export async function up(words: readonly string[]): Promise<number> {
  const options = readOptions("up", words);
  if (!options) return 0;
  if (options.year === "2019") return (await import("../2019/commands.ts")).up();
  await setUp(openWorld(), undefined);
  return status([]);
}
