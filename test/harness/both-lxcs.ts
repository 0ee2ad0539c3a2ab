/** The same tests on our lxc-start and on Debian's, so that each tells whether the other is right. */
import { existsSync } from "node:fs";
import { describe, test } from "vitest";

const GENUINE_LXC = "/usr/bin/lxc-start";

/** @param tests - Is given the flags for dockerd. */
export function describeWithBothLxcs(name: string, tests: (flags: readonly string[]) => void): void {
  describe(`${name}, with our lxc-start,`, () => tests([]));
  describe(`${name}, with a genuine lxc-start,`, () => {
    if (existsSync(GENUINE_LXC)) tests(["--lxc-start", GENUINE_LXC]);
    else test.skip(`needs ${GENUINE_LXC}: install lxc`);
  });
}
