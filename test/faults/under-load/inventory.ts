/** All that a dockerd has on this machine, by name: what it has after some work, and did not have before, is left over. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isErrno } from "@eras/linux/errno.ts";
import type { Dockerd2019 } from "../../harness/dockerd-2019.ts";
import { remains } from "../../harness/remains.ts";

/** dockerd acknowledges some things before the last of them is gone: the programs of a container that was killed. */
const SETTLE_MS = 10_000;
const PAUSE_MS = 100;

/** Files, mounts, cgroups, processes, and the links of its bridge. */
export function inventory({ place, bridge }: Dockerd2019): Set<string> {
  return new Set([
    ...filesBelow(place.dir),
    ...remains(place).map((what) => what.replace(/^process \d+/, "process")), // one that was started anew is the same
    ...execFileSync("ip", ["-o", "link", "show", "master", bridge], { encoding: "utf8" }).split("\n").filter(Boolean),
  ]);
}

function filesBelow(dir: string): string[] {
  try {
    const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
    return entries.map(({ parentPath, name }) => `file ${join(parentPath, name)}`);
  } catch (error) {
    if (isErrno(error, "ENOENT") && existsSync(dir)) return filesBelow(dir); // something below it is being removed
    throw error;
  }
}

/** @returns A line for each thing that was not there before, and does not go away within ten seconds. */
export async function leftSince(before: ReadonlySet<string>, dockerd: Dockerd2019): Promise<string[]> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const left = [...inventory(dockerd)].filter((what) => !before.has(what));
    if (left.length === 0 || performance.now() > deadline) return left.map((what) => `left: ${what}`);
    await delay(PAUSE_MS);
  }
}
