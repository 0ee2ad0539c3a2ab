/** The daemon of a world: how it is started, and when it is ready. */
import { existsSync, readFileSync, statSync, watch } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type BackgroundProgram, startBackground } from "./background.ts";
import { daemonAnswers } from "./wire.ts";
import { logPath, program, type World } from "./world.ts";

/** Lines of its log that a failed start shows. */
const SHOWN_LINES = 10;
/** A start takes a quarter of a second; on a machine that swaps it may take longer, but not this long. */
const START_TIMEOUT_MS = 30_000;

/** The daemon of this world as a program. */
export function dockerd(world: World): BackgroundProgram {
  const state = ["-g", world.rootDir];
  return {
    name: "dockerd",
    command: program("dockerd-2013"),
    args: [...state, "--exec-root", world.runDir, "--tcp", world.tcp, "--http", world.http],
    identity: state,
  };
}

/**
 * Starts the daemon and waits until it answers.
 *
 * @returns Its PID.
 * @throws {Error} With the end of its log, when it ends instead.
 */
export async function startDockerd(world: World): Promise<number> {
  const logStart = existsSync(logPath(world)) ? statSync(logPath(world)).size : 0;
  const child = startBackground(world, dockerd(world));
  const settled = new AbortController();
  const ended = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(startError(`it ended with ${signal ?? code}`, world, logStart)));
  });
  try {
    await Promise.race([ended, timedOut(settled.signal, world, logStart), answering(settled.signal, world)]);
  } finally {
    settled.abort();
    child.removeAllListeners("exit").unref();
  }
  return child.pid!;
}

/** Resolves when the daemon answers. It writes to its log when it listens, so each change of that is an occasion to ask. */
function answering(settled: AbortSignal, world: World): Promise<void> {
  return new Promise((resolve, reject) => {
    const ask = () => daemonAnswers(world).then((answers) => answers && resolve(), reject);
    watch(logPath(world), { signal: settled }, ask);
    ask();
  });
}

async function timedOut(settled: AbortSignal, world: World, logStart: number): Promise<void> {
  await delay(START_TIMEOUT_MS, undefined, { signal: settled }).catch(() => {});
  if (!settled.aborted) throw startError("it does not answer", world, logStart);
}

function startError(what: string, world: World, logStart: number): Error {
  const lines = readFileSync(logPath(world)).subarray(logStart).toString().trimEnd().split("\n").slice(-SHOWN_LINES);
  return new Error(
    `Cannot start dockerd: ${what}\n${lines.map((line) => `  ${line}`).join("\n")}\n(log: ${logPath(world)})`,
  );
}
