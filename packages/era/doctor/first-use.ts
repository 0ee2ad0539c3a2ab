/** The checks that run before the first container of a boot. Success is remembered, so later set-ups skip them. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "@eras/linux/errno.ts";
import { tell } from "../progress.ts";
import type { Directories } from "../world.ts";
import { examineHost, hasMissing } from "./examine.ts";
import type { EraNeeds } from "./needs.ts";
import { platformChecks } from "./platform.ts";
import { formatMissing } from "./report.ts";

const memoryPath = (world: Directories) => join(world.runDir, "checked");

/** @throws {Error} Names what is missing and how to get it. Nothing has been started by then. */
export async function checkHostOnce(world: Directories, needs: () => Promise<EraNeeds>): Promise<void> {
  const platform = platformChecks(); // cheap, and of this user, who may not be the one who came before
  if (hasMissing(platform)) throw new Error(formatMissing(platform));
  if (readIfExists(memoryPath(world)) === whatWasChecked(world)) return;
  tell("checking this host");
  const checks = await examineHost(needs);
  if (hasMissing(checks)) throw new Error(formatMissing(checks));
  mkdirSync(world.runDir, { recursive: true });
  writeFileSync(memoryPath(world), whatWasChecked(world));
}

/** Another kernel, or other modules, come with another boot. */
const whatWasChecked = (world: Directories) => `${readIfExists("/proc/sys/kernel/random/boot_id")}${world.rootDir}\n`;

function readIfExists(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
}
