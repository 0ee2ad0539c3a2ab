/**
 * Two runs side by side: rows of steps that are for the same.
 *
 * Runs of different eras meet in what steps mean, runs of one era in the steps themselves. What only one of them has stands in a row of its
 * own, after what it followed.
 */
import type { RunModel } from "./run-model.ts";

export interface AlignedRow {
  /** The meaning or the step that both sides share; absent where one has no counterpart. */
  readonly key: string | undefined;
  /** Indexes of the events on either side. */
  readonly sides: readonly [readonly number[], readonly number[]];
}

interface StepAt {
  readonly index: number;
  readonly id: string;
  readonly key: string | undefined;
}

export function align(left: RunModel, right: RunModel): AlignedRow[] {
  const isOneEra = left.run.era === right.run.era;
  const [ours, theirs] = [stepsOf(left, isOneEra), stepsOf(right, isOneEra)];
  const shared = new Set(keysOf(ours).filter((key) => keysOf(theirs).includes(key)));
  const order = isOneEra ? keysOf(ours) : Object.keys(left.run.meanings);
  const keys = order.filter((key) => shared.has(key));
  const rows = [undefined, ...keys].map((key) => [
    ...keyed(key, ours, theirs),
    ...followers(key, ours, theirs, shared),
  ]);
  return rows.flat();
}

function stepsOf({ run, events }: RunModel, isOneEra: boolean): StepAt[] {
  return events.flatMap(({ step }, index) =>
    step === undefined ? [] : [{ index, id: step, key: isOneEra ? step : run.steps[step]?.meaning }],
  );
}

function keysOf(steps: readonly StepAt[]): string[] {
  return [...new Set(steps.flatMap(({ key }) => key ?? []))];
}

function keyed(key: string | undefined, left: readonly StepAt[], right: readonly StepAt[]): AlignedRow[] {
  if (key === undefined) return [];
  const of = (steps: readonly StepAt[]) => steps.filter((step) => step.key === key).map(({ index }) => index);
  return [{ key, sides: [of(left), of(right)] }];
}

/** Steps without a counterpart that come after the last step with that key and before another shared one. */
function followers(
  key: string | undefined,
  left: readonly StepAt[],
  right: readonly StepAt[],
  shared: ReadonlySet<string>,
): AlignedRow[] {
  const alone = (steps: readonly StepAt[]) => {
    let last: string | undefined;
    const found = new Map<string, number[]>();
    for (const step of steps) {
      if (step.key !== undefined && shared.has(step.key)) last = step.key;
      else if (last === key) found.set(step.id, [...(found.get(step.id) ?? []), step.index]);
    }
    return [...found.values()];
  };
  return [
    ...alone(left).map((indexes): AlignedRow => ({ key: undefined, sides: [indexes, []] })),
    ...alone(right).map((indexes): AlignedRow => ({ key: undefined, sides: [[], indexes] })),
  ];
}
