/** The genuine docker clients that a host may have: Debian's, and a newer one that somebody has put beside it. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { type ProgramOptions, type ProgramResult, runProgram } from "../harness/run-program.ts";

export interface DockerClient {
  /** As `docker --version` begins to tell it. */
  readonly version: "20.10" | "28";
  readonly path: string;
}

export const DOCKER_20: DockerClient = { version: "20.10", path: "/usr/bin/docker" };
const DOCKER_28: DockerClient = { version: "28", path: "/usr/local/bin/docker" };

export const DOCKER_CLIENTS: readonly DockerClient[] = [DOCKER_20, DOCKER_28];

/** Says what is not there, for the name of a skipped test; undefined if the client is, in its version. */
export function missingClient({ version, path }: DockerClient): string | undefined {
  if (!existsSync(path)) return `needs ${path}`;
  const told = execFileSync(path, ["--version"], { encoding: "utf8" }).trim();
  return told.startsWith(`Docker version ${version}.`)
    ? undefined
    : `needs docker ${version} in ${path}, which is ${told}`;
}

/** What Docker 20.10 may say at the end of `run -d`, when it has called off its own wait for the container before it ends itself. */
const CALLED_OFF = /^time="\S+" level=error msg="error waiting for container: context canceled"\n/m;

/** Runs a docker, whichever, without what it says by chance. */
export async function runDocker(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const { stdout, stderr, status } = await runProgram(program, args, options);
  return { stdout, stderr: stderr.replace(CALLED_OFF, ""), status };
}
