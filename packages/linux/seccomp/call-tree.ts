/**
 * The part of a filter that finds out which call is made.
 *
 * A profile names hundreds of calls, and the filter runs at each of them, so it doesn't go through a list. The line of all call
 * numbers is cut into ranges with the same verdict, and a tree of comparisons finds the range by halving:
 *
 *     0 … 161 allow │ 162 … 163 refuse │ 164 … 319 allow │ 320 look at arguments │ 321 … allow
 *
 *                      number >= 164 ?
 *              no ┌─────────┴─────────┐ yes
 *           >= 162 ?               >= 320 ?
 */
import type { Architecture } from "./architectures.ts";
import { branch, type Code, result } from "./classic-bpf.ts";
import { compileConditions } from "./conditions.ts";
import type { SeccompCondition } from "./profile.ts";

/** What becomes of one call: the first case whose conditions hold decides, otherwise the last result. */
export interface Verdict {
  readonly cases: readonly Case[];
  readonly otherwise: number;
}

/** A filter's result, and when to give it. */
export interface Case {
  readonly conditions: readonly SeccompCondition[];
  readonly result: number;
}

/** From this number on, up to the next range. */
interface Range {
  readonly from: number;
  readonly verdict: Verdict;
}

/** What becomes of the calls without a verdict. */
export interface Others {
  readonly result: number;
  /** Calls from this number on are newer than the profile: another result for them. No verdict lies beyond. */
  readonly newer?: { readonly from: number; readonly result: number } | undefined;
}

/** Compiles the search; the accumulator holds the number. Every path of the code ends in a result. */
export function compileCallTree(verdicts: ReadonlyMap<number, Verdict>, others: Others, on: Architecture): Code {
  return compileRanges(rangesOf(verdicts, others), on);
}

function rangesOf(verdicts: ReadonlyMap<number, Verdict>, { result, newer }: Others): Range[] {
  const other: Verdict = { cases: [], otherwise: result };
  const points = new Map<number, Verdict>([[0, other]]);
  for (const number of verdicts.keys()) points.set(number + 1, other); // … unless that number has a verdict of its own
  for (const [number, verdict] of verdicts) points.set(number, verdict);
  if (newer) points.set(newer.from, { cases: [], otherwise: newer.result });
  const ranges = [...points].map(([from, verdict]) => ({ from, verdict })).sort((a, b) => a.from - b.from);
  return ranges.filter(({ verdict }, i) => i === 0 || !isSameResult(verdict, ranges[i - 1]!.verdict));
}

function isSameResult(a: Verdict, b: Verdict): boolean {
  return a.cases.length + b.cases.length === 0 && a.otherwise === b.otherwise;
}

function compileRanges(ranges: readonly Range[], on: Architecture): Code {
  if (ranges.length === 1) return compileVerdict(ranges[0]!.verdict, on);
  const middle = ranges.length >> 1;
  const upper = compileRanges(ranges.slice(middle), on);
  const lower = compileRanges(ranges.slice(0, middle), on);
  return branch("JGE_K", ranges[middle]!.from, upper, lower);
}

function compileVerdict({ cases, otherwise }: Verdict, on: Architecture): Code {
  const compiled = cases.flatMap((one) => {
    const end = result(one.result);
    return [...compileConditions(one.conditions, on, end.length), ...end];
  });
  return [...compiled, ...result(otherwise)];
}
