/** The answer of a question, computed from a run. */
import { runInNewContext } from "node:vm";
import type { QuizItem } from "../book/quiz-item.ts";
import type { RunFacts } from "./run-facts.ts";

/** @returns As people write it. @throws {Error} When the expression means nothing for this run, or no choice stands for what it gives. */
export function answerOf({ id, answer, choices }: QuizItem, run: RunFacts): string {
  const value = String(runInNewContext(answer!, { run, Math }));
  if (choices && !(value in choices))
    throw new Error(`quiz item ${id}: the run's answer is ${JSON.stringify(value)}, which is no choice`);
  return value;
}
