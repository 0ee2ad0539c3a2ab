/** What docker-init says of itself. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { initAtHand } from "../../docker-init/find.ts";
import type { VersionComponent } from "../../engine-api/system.ts";
import type { DaemonOptions } from "../options/daemon-options.ts";

/** For `docker version`: one component, or none where no docker-init is at hand yet. */
export async function initPart({ dataRoot, initPath }: DaemonOptions): Promise<VersionComponent[]> {
  const program = initPath || initAtHand({ dataRoot });
  if (!program) return [];
  const { stdout } = await promisify(execFile)(program, ["--version"]).catch(() => ({ stdout: "" })); // nobody needs it to speak
  const { version, commit } = parseInitVersion(stdout);
  return version === "" ? [] : [{ Name: "docker-init", Version: version, Details: { GitCommit: commit } }];
}

/** `tini version 0.19.0 - git.de40ad0`; Debian's says no commit. */
export function parseInitVersion(text: string): { readonly version: string; readonly commit: string } {
  const [, version = "", commit = ""] = /^tini version (\S+)(?: - git\.(\S+))?/.exec(text.trim()) ?? [];
  return { version, commit };
}
