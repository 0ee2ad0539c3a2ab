/** The same tests on our lxc-start and on Debian's, so that each tells whether the other is right. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cgroupTrees } from "@eras/cgroups/detect.ts";
import { removeEmpty } from "@eras/cgroups/remove.ts";
import { LXC_PIVOT } from "@eras/docker-2013/dockerd/genuine-lxc.ts";
import { afterAll, describe, test } from "vitest";

const GENUINE_LXC = "/usr/bin/lxc-start";

/** @param tests - Is given the flags for dockerd. */
export function describeWithBothLxcs(name: string, tests: (flags: readonly string[]) => void): void {
  describe(`${name}, with our lxc-start,`, () => tests([]));
  describe(`${name}, with a genuine lxc-start,`, () => {
    if (existsSync(GENUINE_LXC)) tests(["--lxc-start", GENUINE_LXC]);
    else test.skip(`needs ${GENUINE_LXC}: install lxc`);
    afterAll(removePivots);
  });
}

/** Where LXC steps aside to remove its own cgroups; a daemon that is killed doesn't remove it, nor while another container is in it. */
function removePivots(): void {
  for (const root of cgroupTrees()) removeEmpty(join(root, LXC_PIVOT));
}
