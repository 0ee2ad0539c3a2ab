/** What a benchmark prints. */
import { median, type Timing } from "./interleaved.ts";

/** Of the column of names. */
const WIDTH = 60;

/** Shows how far a group is, on a line of its own that goes when all is done. */
export function progress(turns: number): (turn: number) => void {
  return (turn) => process.stderr.write(turn < turns ? `\r${turn} of ${turns}` : "\r\x1b[K");
}

/** Two contenders to compare, by the beginnings of their names, and what is wanted of the ratio. */
export type Ratio = readonly [string, string, target?: string];

/** Medians, and ratios of them. */
export function report(timings: readonly Timing[], ratios: readonly Ratio[]): void {
  const of = (name: string) => median(timings.find((timing) => timing.name.startsWith(name))!.runsMs);
  console.log("medians of interleaved runs:");
  for (const { name, runsMs } of timings) {
    const [fastest, slowest] = [Math.min(...runsMs), Math.max(...runsMs)];
    console.log(`  ${name.padEnd(WIDTH)} ${ms(median(runsMs))}   (${ms(fastest)} … ${ms(slowest)})`);
  }
  console.log("ratios:");
  for (const [a, b, target] of ratios) {
    const wanted = target === undefined ? "" : `   (target: ${target})`;
    console.log(`  ${`${a} / ${b}`.padEnd(WIDTH)} ${(of(a) / of(b)).toFixed(2)}${wanted}`);
  }
}

/** Milliseconds, aligned. */
function ms(value: number): string {
  return `${value.toFixed(0).padStart(5)} ms`;
}
