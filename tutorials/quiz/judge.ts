/** Whether what a person gave is the answer; in the terminal and on the site. */
import type { QuizItem } from "../book/quiz-item.ts";

/** Large or small letters, quotes around a word and a full stop behind it are nothing that is asked about. */
export function isRight(given: string, answer: string): boolean {
  return bare(given) === bare(answer);
}

/** @param typed - The number of a choice, its value or its words; where there are no choices, a word. @returns The value of the choice, or the word. */
export function choiceOf(typed: string, choices: QuizItem["choices"]): string {
  const all = Object.entries(choices ?? {});
  const [value] = all[Number(bare(typed)) - 1] ?? all.find(([, words]) => isRight(typed, words)) ?? [];
  return value ?? typed.trim();
}

/** Full-width digits and letters, as Chinese keyboards write them, become plain ones. */
function bare(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/^[\s"'`“‘「]+|[\s"'`”’」.。]+$/g, "");
}
