/** The same tests on our lxc-start and on Debian's, so that each tells whether the other is right. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cgroupTrees } from "@eras/cgroups/detect.ts";
import { removeCgroup } from "@eras/cgroups/remove.ts";
import { LXC_PIVOT } from "@eras/docker-2013/dockerd/genuine-lxc.ts";
import { afterAll, describe, test } from "vitest";

const GENUINE_LXC = "/usr/bin/lxc-start";

/** @param tests - Is given the flags for dockerd. */
export function describeWithBothLxcs(name: string, tests: (flags: readonly string[]) => void): void {
  describe(`${name}, with our lxc-start,`, () => tests([]));
  describe(`${name}, with a genuine lxc-start,`, () => {
    afterAll(removePivots); // first here is last to run: after the daemon's end
    if (existsSync(GENUINE_LXC)) tests(["--lxc-start", GENUINE_LXC]);
    else test.skip(`needs ${GENUINE_LXC}: install lxc`);
  });
}

/** Where LXC steps aside to remove its own cgroups. It may still be in there when the daemon looks; and so may that of another test. */
async function removePivots(): Promise<void> {
  await Promise.allSettled(cgroupTrees().map((root) => removeCgroup(join(root, LXC_PIVOT))));
}
