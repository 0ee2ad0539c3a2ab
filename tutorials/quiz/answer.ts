/** The answer of a question, computed from a run. */
import { runInNewContext } from "node:vm";
import type { QuizItem } from "../book/quiz-item.ts";
import type { RunFacts } from "./run-facts.ts";

/** @returns As people write it. @throws {Error} When the expression means nothing for this run, or no choice stands for what it gives. */
export function answerOf(item: QuizItem, run: RunFacts): string {
  const { id, choices } = item;
  const { value } = evaluate(item, run);
  if (choices && !(value in choices))
    throw new Error(`quiz item ${id}: the run's answer is ${JSON.stringify(value)}, which is no choice`);
  return value;
}

/** Of `run` and `tried`, those that the answer depends on. None: it would be the same whatever ran. @throws As `answerOf`. */
export function sourcesOf(item: QuizItem, run: RunFacts): ReadonlySet<"run" | "tried"> {
  return evaluate(item, run).sources;
}

function evaluate(item: QuizItem, run: RunFacts) {
  const sources = new Set<"run" | "tried">();
  const tried = item.try === undefined ? undefined : run.tried(item.try);
  const scope = {
    Math,
    get run() {
      sources.add("run");
      return run;
    },
    get tried() {
      sources.add("tried");
      return tried;
    },
  };
  return { value: String(runInNewContext(item.answer!, scope)), sources };
}
