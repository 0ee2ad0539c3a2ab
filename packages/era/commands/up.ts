/** `era up`: the daemon in the background, without a container yet. */
import { setUp } from "../set-up.ts";
import { openWorld } from "../world.ts";
import { readOptions } from "./help.ts";
import { status } from "./status.ts";

export async function up(words: readonly string[]): Promise<number> {
  if (!readOptions("up", words)) return 0;
  await setUp(openWorld(), undefined);
  return status([]);
}
