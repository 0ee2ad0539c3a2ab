/** `era logs`: what the daemon has printed. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { logPath, openWorld } from "../world.ts";
import { readOptions } from "./help.ts";

export async function logs(words: readonly string[]): Promise<number> {
  const options = readOptions("logs", words, ["follow"]);
  if (!options) return 0;
  if (options.year === "2019") return (await import("../2019/commands.ts")).logs(options.follow ?? false);
  const path = logPath(openWorld());
  if (!existsSync(path)) throw new Error(`Cannot show ${path}: the daemon has not been started yet`);
  const { error, status } = spawnSync("tail", ["-n", "+1", ...(options.follow ? ["-F"] : []), path], {
    stdio: "inherit",
  });
  if (error) throw error;
  return status ?? 0;
}
