/**
 * Runtimes with arguments of their own, as the file may name them:
 *
 *     {"runtimes": {"noisy": {"path": "/usr/sbin/runc", "runtimeArgs": ["--debug"]}}}
 *
 * The shim knows a program and no arguments, so it gets a script that adds them: <data-root>/runtimes/noisy.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "@eras/linux/exec.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { log } from "../log.ts";
import type { DaemonOptions } from "./daemon-options.ts";

const PROGRAM_MODE = 0o700;

/** The program that the shim is to start. @throws {InvalidArgument} When there is no runtime of that name. */
export function runtimeProgram({ dataRoot, runtimes }: DaemonOptions, name: string): string {
  const runtime = runtimes[name];
  if (runtime === undefined) throw new InvalidArgument(`Unknown runtime specified ${name}`);
  if (!runtime.runtimeArgs?.length) return runtime.path;
  verifyThere(runtime.path); // which the shim can't: the script is there
  return scriptPath(dataRoot, name);
}

function verifyThere(path: string): void {
  try {
    findProgram(path, process.env.PATH ?? "");
  } catch (cause) {
    const reason = path.includes("/")
      ? `stat ${path}: no such file or directory`
      : "executable file not found in $PATH";
    const message = `error while looking up the specified runtime path: exec: ${JSON.stringify(path)}: ${reason}`;
    throw new InvalidArgument(message, { cause });
  }
}

/** Writes the scripts, and warns of runtimes that are not there. */
export function prepareRuntimes({ dataRoot, runtimes }: DaemonOptions): void {
  for (const [name, { path, runtimeArgs }] of Object.entries(runtimes)) {
    if (path.startsWith("/") && !existsSync(path)) log("warning", `runtime ${name}: there is no ${path}`);
    if (!runtimeArgs?.length) continue;
    mkdirSync(join(dataRoot, "runtimes"), { recursive: true, mode: PROGRAM_MODE });
    const words = [path, ...runtimeArgs].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
    writeFileSync(scriptPath(dataRoot, name), `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, { mode: PROGRAM_MODE });
  }
}

function scriptPath(dataRoot: string, name: string): string {
  return join(dataRoot, "runtimes", name);
}
