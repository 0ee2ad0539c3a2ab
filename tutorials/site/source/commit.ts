/** Which commit the site shows. */
import { spawnSync } from "node:child_process";
import { CLONE } from "../../paths.ts";

/** @returns `289ca60c1f2e`, with `-dirty` where files have been changed since; nothing where this is no clone. */
export function commitOfClone(): string | undefined {
  const { stdout } = spawnSync("git", ["describe", "--always", "--exclude=*", "--abbrev=12", "--dirty"], {
    cwd: CLONE,
    encoding: "utf8",
  });
  return stdout?.trim() || undefined;
}
