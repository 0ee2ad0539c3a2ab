/** Runs of both eras with `--trace=FILE.html`, each at a daemon of its own. */

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readRuns } from "@eras/viewer/page/read-runs.ts";
import type { RecordedRun } from "@eras/viewer/recorded-run.ts";
import { expect } from "vitest";
import { busyboxImage } from "./busybox-image.ts";
import { Docker2013 } from "./docker-2013.ts";
import { Dockerd2019 } from "./dockerd-2019.ts";
import { type ProgramResult, runProgram, shellEnvironment } from "./run-program.ts";

const CLONE = resolve(import.meta.dirname, "../..");
export const NODE = join(CLONE, "node_modules/.bin/node");
const ERA = join(CLONE, "packages/era/main.ts");
const DOCKER_2019 = join(CLONE, "bin/docker-2019");

/** `pnpm era:2013 --trace=FILE run -a busybox …`. */
export async function tracePage2013(file: string, command: readonly string[]): Promise<ProgramResult> {
  const docker = await Docker2013.start();
  await docker.putBusybox();
  const [ERAS_2013_ROOT, ERAS_2013_RUN, ERAS_2013_TCP] = [docker.root, docker.runDir, docker.tcp];
  const env = { ...shellEnvironment(), ERAS_2013_ROOT, ERAS_2013_RUN, ERAS_2013_TCP, ERAS_2013_HTTP: docker.http };
  const words = ["2013", `--trace=${file}`, "run", "-a", "busybox", ...command];
  const result = await runProgram(NODE, [ERA, ...words], { env });
  await docker.stop();
  return result;
}

/** `docker-2019 --trace=FILE run --rm busybox …`. */
export async function tracePage2019(file: string, command: readonly string[]): Promise<ProgramResult> {
  const dockerd = await Dockerd2019.start();
  await dockerd.docker(["load"], busyboxImage("busybox:latest"), DOCKER_2019);
  const words = [`--trace=${file}`, "run", "--rm", "busybox", ...command];
  const result = await dockerd.docker(words, undefined, DOCKER_2019);
  await dockerd.stop();
  return result;
}

/** What a traced `echo hello` has to say. */
export function answerOf(file: string): object {
  const stderr = expect.stringMatching(
    new RegExp(
      `^trace: \\d+ events in ${file}; open it in a browser, or copy it to a machine that has one: it is all in this file\n$`,
    ),
  );
  return { stdout: "hello\n", stderr, status: 0 };
}

/** The run that a page holds. */
export function runIn(page: string): RecordedRun {
  return readRuns(readFileSync(page, "utf8"))[0]!;
}
