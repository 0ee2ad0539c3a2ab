/** Every prediction and question has an answer in the run that the chapter names. */
import type { Chapter } from "../book/chapter.ts";
import { answerOf } from "../quiz/answer.ts";
import type { RunFacts } from "../quiz/run-facts.ts";

export function checkQuizzes(chapter: Chapter, run: RunFacts): string[] {
  return [...chapter.predictions, ...chapter.quiz].flatMap((item) => {
    if (item.answer === undefined) return [`${chapter.path}: quiz item ${item.id} has no answer`];
    try {
      answerOf(item, run);
      return [];
    } catch (error) {
      return [`${chapter.path}: ${(error as Error).message}`];
    }
  });
}
