/** Times things against each other on a noisy machine: they take turns, and the medians of the turns are compared. */
import { spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { interruption } from "./interruption.ts";

/** A command to time. `env` is added to the caller's environment. */
export interface TimedCommand {
  readonly argv: readonly [string, ...string[]];
  readonly env?: NodeJS.ProcessEnv;
  /** What has to be waited for first: not counted. */
  before?(): void;
}

/** Commands that are timed together, one after the other. */
export interface Contender {
  readonly name: string;
  readonly commands: readonly TimedCommand[];
  /** Calls `work`, in which the commands are run, where they are to be run. */
  within?<Result>(work: () => Result): Result;
}

/** Milliseconds of each run of one contender, in the order of the turns. */
export interface Timing {
  readonly name: string;
  readonly runsMs: number[];
}

/** Something that takes its own time. */
export interface Measured {
  readonly name: string;
  /** @returns Milliseconds. */
  measure(): number | Promise<number>;
}

/**
 * Measures each once per turn.
 *
 * @param turns - Counted turns; one more goes before and is not counted.
 * @throws {Error} After Ctrl-C, at the end of a turn.
 */
export async function takeTurns(
  contenders: readonly Measured[],
  turns: number,
  onTurn: (turn: number) => void,
): Promise<Timing[]> {
  const timings: Timing[] = contenders.map(({ name }) => ({ name, runsMs: [] }));
  for (let turn = 0; turn <= turns; turn++) {
    for (const [i, contender] of contenders.entries()) {
      const elapsed = await contender.measure();
      if (turn > 0) timings[i]!.runsMs.push(elapsed);
    }
    onTurn(turn);
    await setImmediate(); // signals are heard here
    interruption.throwIfAborted();
  }
  return timings;
}

/**
 * Runs the commands of each contender once per turn.
 *
 * @throws {Error} When a command fails: a failing command is quick and would win.
 */
export async function interleave(
  contenders: readonly Contender[],
  turns: number,
  onTurn: (turn: number) => void,
): Promise<Timing[]> {
  const errors = new ErrorFile();
  const measured = contenders.map((one) => ({ name: one.name, measure: () => timeAll(one, errors) }));
  try {
    return await takeTurns(measured, turns, onTurn);
  } finally {
    errors.remove();
  }
}

function timeAll({ name, commands, within = (work) => work() }: Contender, errors: ErrorFile): number {
  let total = 0;
  for (const command of commands) {
    command.before?.();
    try {
      total += within(() => time(command, errors));
    } catch (error) {
      throw new Error(`Cannot time ${name}: ${(error as Error).message}`, { cause: error });
    }
  }
  return total;
}

function time({ argv: [program, ...args], env }: TimedCommand, errors: ErrorFile): number {
  const start = performance.now();
  const stdio = ["ignore", "ignore", errors.fd] as const; // not pipes: what a command leaves running would hold them
  const { status, error } = spawnSync(program, args, { env: { ...process.env, ...env }, stdio: [...stdio] });
  const elapsed = performance.now() - start;
  if (status !== 0) throw new Error(`exit ${status} ${error ?? ""}\n${errors.take()}`);
  return elapsed;
}

/** Where the commands complain. */
class ErrorFile {
  readonly #dir = mkdtempSync(join(tmpdir(), "docker-eras-bench-"));
  readonly #path = join(this.#dir, "errors");
  readonly fd = openSync(this.#path, "a");

  take(): string {
    const text = readFileSync(this.#path, "utf8");
    ftruncateSync(this.fd);
    return text;
  }

  remove(): void {
    closeSync(this.fd);
    rmSync(this.#dir, { recursive: true });
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
