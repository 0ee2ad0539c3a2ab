/** Times whole commands against each other on a noisy machine: they take turns, and the medians of the turns are compared. */
import { spawnSync } from "node:child_process";

/** A command to time. `env` is added to the caller's environment. */
export interface Contender {
  name: string;
  argv: readonly [string, ...string[]];
  env?: NodeJS.ProcessEnv;
}

/** Milliseconds of each run of one contender, in the order of the turns. */
export interface Timing {
  name: string;
  runsMs: number[];
}

/**
 * Runs each contender once per turn.
 *
 * @param turns - Counted turns; one more goes before and is not counted.
 * @throws {Error} When a command fails: a failing command is quick and would win.
 */
export function interleave(contenders: readonly Contender[], turns: number, onTurn: (turn: number) => void): Timing[] {
  const timings: Timing[] = contenders.map(({ name }) => ({ name, runsMs: [] }));
  for (let turn = 0; turn <= turns; turn++) {
    for (const [i, contender] of contenders.entries()) {
      const elapsed = time(contender);
      if (turn > 0) timings[i]!.runsMs.push(elapsed);
    }
    onTurn(turn);
  }
  return timings;
}

function time({ name, argv: [command, ...args], env }: Contender): number {
  const start = performance.now();
  const { status, stderr, error } = spawnSync(command, args, { env: { ...process.env, ...env }, encoding: "utf8" });
  const elapsed = performance.now() - start;
  if (status !== 0) throw new Error(`Cannot time ${name}: exit ${status} ${error ?? ""}\n${stderr}`);
  return elapsed;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
