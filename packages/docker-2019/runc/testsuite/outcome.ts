/** For tests: what a command of runc did, when a container may outlive it. Such a container holds standard streams, which so must be files. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Outcome, Runtime } from "./on-bundle.ts";

export interface CallOptions {
  /** Its further descriptors, from 3 on. */
  readonly fds?: readonly number[];
  /** Beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command in the bundle's directory, so that `create ID` means that bundle. */
export function outcome(
  { program, root, bundle }: Runtime,
  args: readonly string[],
  options: CallOptions = {},
): Outcome {
  const dir = mkdtempSync(join(tmpdir(), "docker-eras-outcome-"));
  const [stdout, stderr] = [openSync(join(dir, "stdout"), "w"), openSync(join(dir, "stderr"), "w")];
  const { status } = spawnSync(program, ["--root", root, ...args], {
    cwd: bundle,
    env: { PATH: process.env.PATH, ...options.env },
    stdio: ["ignore", stdout, stderr, ...(options.fds ?? [])],
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  for (const fd of [stdout, stderr]) closeSync(fd);
  const [out, err] = ["stdout", "stderr"].map((name) => readFileSync(join(dir, name), "utf8"));
  rmSync(dir, { recursive: true });
  return { status, stdout: out!, stderr: err! };
}
