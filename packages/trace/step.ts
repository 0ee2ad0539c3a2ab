/**
 * Steps: the points of a run that an article tells of, declared once and emitted where they happen.
 *
 * An era's `steps.ts` is the table of contents of a run. The line that emits a step is the first line of the function that performs
 * it, so no step sits in a loop, a branch or a `catch`, and the trace leads a reader straight to the code.
 */
import { emit, isTraced } from "./context.ts";
import type { TraceObject } from "./event.ts";
import type { Meaning } from "./meaning.ts";

/** A step as an era declares it. */
export interface Step {
  /** The program that performs it. */
  actor: string;
  /** One sentence, present tense. */
  title: string;
  titleZh: string;
  /** Number of the source article, and the heading there that tells of the step. */
  article: string;
  heading: string;
  /** Rows of the ledger that this step proves. */
  rows: readonly string[];
  /** Its number in the article's own summary, where it has one. */
  number?: number;
  /** What it is for, where another era has a step for the same. */
  meaning?: Meaning;
}

/** Emits the step `id`, with what it works on. Costs one test where the run is not traced. */
export type EmitStep<Id extends string> = (id: Id, args?: Record<string, unknown>, object?: TraceObject) => void;

/**
 * Emits a step of any era. An era's own `step.ts` gives it the type with the era's ids, so that a typing error can't compile; the table
 * itself is loaded by who shows a run, not by who has a part in one.
 */
export const emitStep: EmitStep<string> = (id, args, object) => {
  if (!isTraced()) return;
  emit("point", id, { step: id, ...(args && { args }), ...(object && { object }) });
};
