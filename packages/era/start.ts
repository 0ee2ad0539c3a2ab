/** Starting a background program and waiting until it is ready. */
import { existsSync, readFileSync, statSync, watch } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type BackgroundProgram, startBackground } from "./background.ts";
import { type Directories, logPath } from "./world.ts";

/** Lines of the log that a failed start shows. */
const SHOWN_LINES = 10;
/** A start takes a quarter of a second; on a machine that swaps it may take longer, but not this long. */
const START_TIMEOUT_MS = 30_000;

/**
 * Starts a program and waits until `isReady`.
 *
 * @throws {Error} With the end of the log, when it ends instead.
 */
export async function startAndWait(
  world: Directories,
  program: BackgroundProgram,
  isReady: () => Promise<boolean>,
): Promise<void> {
  const logStart = existsSync(logPath(world)) ? statSync(logPath(world)).size : 0;
  const failure = (what: string) =>
    new Error(`Cannot start ${program.name}: ${what}\n${endOfLog(world, logStart)}\n(log: ${logPath(world)})`);
  const child = startBackground(world, program);
  const settled = new AbortController();
  const ended = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(failure(`it ended with ${signal ?? code}`)));
  });
  try {
    await Promise.race([ended, timedOut(settled.signal, failure), ready(settled.signal, world, isReady)]);
  } finally {
    settled.abort();
    child.removeAllListeners("exit").unref();
  }
}

/** Our programs write to the log when they listen, so each change of that is an occasion to try. */
function ready(settled: AbortSignal, world: Directories, isReady: () => Promise<boolean>): Promise<void> {
  return new Promise((resolve, reject) => {
    const tryOnce = () => isReady().then((yes) => yes && resolve(), reject);
    watch(logPath(world), { signal: settled }, tryOnce);
    tryOnce();
  });
}

async function timedOut(settled: AbortSignal, failure: (what: string) => Error): Promise<void> {
  await delay(START_TIMEOUT_MS, undefined, { signal: settled }).catch(() => {}); // aborted: the usual case
  if (!settled.aborted) throw failure("it does not answer");
}

function endOfLog(world: Directories, start: number): string {
  const lines = readFileSync(logPath(world)).subarray(start).toString().trimEnd().split("\n");
  return lines
    .slice(-SHOWN_LINES)
    .map((line) => `  ${line}`)
    .join("\n");
}
