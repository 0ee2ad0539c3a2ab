/** Declared steps, what runs emit, and what chapters tell: the same, each step once, in order. */
import type { Step } from "@eras/trace/step.ts";
import type { Chapter } from "../book/chapter.ts";

/** What a recorded run took of steps, in order; a step that was taken again counts where it was first taken. */
export type StepsTaken = readonly string[];

/** What of an era's steps no run can hold to their order. */
export interface StepsApart {
  /** Taken at more than one place of a run. */
  readonly withoutPlace?: readonly string[];
  /** That this machine can't take. */
  readonly impossible?: readonly string[];
  /** What takes one of these is no run from the start, and has another order. */
  readonly later?: readonly string[];
}

/** @param declared - An era's steps. @param runs - Of the era's chapters, by the command. */
export function checkSteps(
  declared: Readonly<Record<string, Step>>,
  chapters: readonly Chapter[],
  runs: ReadonlyMap<string, StepsTaken>,
  apart: StepsApart = {},
): string[] {
  return [...checkTold(declared, chapters), ...checkTaken(declared, runs, apart)];
}

/** Every step in one chapter. @param chapters - The era's. */
export function checkTold(declared: Readonly<Record<string, Step>>, chapters: readonly Chapter[]): string[] {
  return Object.keys(declared).flatMap((step) => {
    const tellers = chapters.flatMap(({ id, steps }) => steps.filter((told) => told === step).map(() => id));
    if (tellers.length === 1) return [];
    const problem =
      tellers.length === 0 ? "no chapter tells it" : `told ${tellers.length} times, in ${tellers.join(", ")}`;
    return [`step ${step}: ${problem}: it belongs in one chapter, as {{step ${step}}}`];
  });
}

function checkTaken(
  declared: Readonly<Record<string, Step>>,
  runs: ReadonlyMap<string, StepsTaken>,
  { withoutPlace = [], impossible = [], later = [] }: StepsApart,
): string[] {
  const taken = new Set([...runs.values()].flat());
  const due = Object.keys(declared).filter((step) => !impossible.includes(step));
  const fromStart = [...runs].filter(([, steps]) => !steps.some((step) => later.includes(step)));
  const inOrder = (steps: StepsTaken) => steps.filter((step) => step in declared && !withoutPlace.includes(step));
  return [
    ...due.filter((step) => !taken.has(step)).map((step) => `step ${step}: declared, and no recorded run takes it`),
    ...fromStart.flatMap(([run, steps]) =>
      disorder(declared, inOrder(steps)).map((problem) => `run "${run}": ${problem}`),
    ),
  ];
}

/** Of one program: two programs at work at once have no order between them. */
function disorder(declared: Readonly<Record<string, Step>>, steps: StepsTaken): string[] {
  const order = Object.keys(declared);
  return Object.values(Object.groupBy(steps, (step) => declared[step]!.actor)).flatMap((ofProgram) =>
    ofProgram!.flatMap((step, index) => {
      const before = ofProgram![index - 1];
      if (before === undefined || order.indexOf(before) < order.indexOf(step)) return [];
      return [`takes ${step} after ${before}, which is declared behind it`];
    }),
  );
}

/** Steps that chapters name and their era does not declare. */
export function checkStepNames(declared: Readonly<Record<string, Step>>, chapters: readonly Chapter[]): string[] {
  return chapters.flatMap(({ path, steps }) =>
    steps.filter((step) => !(step in declared)).map((step) => `${path}: its era declares no step ${step}`),
  );
}
