/** Every prediction and question has an answer, which the run that the chapter names decides, or an experiment after it. */
import type { Chapter } from "../book/chapter.ts";
import type { QuizItem } from "../book/quiz-item.ts";
import { answerOf, sourcesOf } from "../quiz/answer.ts";
import type { RunFacts } from "../quiz/run-facts.ts";

export function checkQuizzes({ path, predictions, quiz }: Chapter, run: RunFacts): string[] {
  return [...predictions, ...quiz].flatMap((item) => {
    const problem = problemOf(item, run);
    return problem === undefined ? [] : [`${path}: ${problem}`];
  });
}

function problemOf(item: QuizItem, run: RunFacts): string | undefined {
  const name = `quiz item ${item.id}`;
  if (item.answer === undefined) return `${name} has no answer`;
  try {
    answerOf(item, run);
    const sources = sourcesOf(item, run);
    if (sources.size === 0)
      return `${name} has the same answer whatever runs: ask "run", or "tried" for what "try" came to`;
    if (item.try !== undefined && !sources.has("tried")) return `${name} has a "try" that its answer does not look at`;
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}
