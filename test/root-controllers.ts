/**
 * Around the whole suite: v2's root hands on the same controllers afterwards as before.
 *
 * A limit that needs a controller switches it on for the machine, and nobody can tell whether another program relies on it by now. So
 * `@eras/cgroups` leaves it on; the suite, which knows what was on before, doesn't.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { readMountinfo } from "@eras/linux/mountinfo.ts";

/** Called by vitest before the first test; what it returns, after the last. */
export default function keepRootControllers(): (() => void) | undefined {
  const root = readMountinfo().find(({ type }) => type === "cgroup2")?.mountPoint;
  if (root === undefined) return undefined;
  const file = `${root}/cgroup.subtree_control`;
  const before = controllers(file);
  return () => {
    for (const name of controllers(file).filter((name) => !before.includes(name))) switchOff(file, name);
  };
}

function controllers(file: string): string[] {
  return readFileSync(file, "utf8").split(/\s+/).filter(Boolean);
}

/** A cgroup that came up during the suite and isn't the suite's may use it meanwhile. */
function switchOff(file: string, controller: string): void {
  try {
    writeFileSync(file, `-${controller}`);
  } catch (error) {
    if (!isErrno(error, "EBUSY")) throw error;
  }
}
