/** Whether what a person gave is the answer; in the terminal and on the site. */
import type { QuizItem } from "../book/quiz-item.ts";

const NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
const CHINESE_NUMBERS = "零一二三四五六七八九十";

/** Large or small letters, quotes around a word, a full stop behind it, and a number as a word are nothing that is asked about. */
export function isRight(given: string, answer: string): boolean {
  return bare(given) === bare(answer);
}

/** @param typed - The number of a choice, its value or its words; where there are no choices, a word. @returns The value of the choice, or the word. */
export function choiceOf(typed: string, choices: QuizItem["choices"]): string {
  const all = Object.entries(choices ?? {});
  const [value] = all[Number(bare(typed)) - 1] ?? all.find(([, words]) => isRight(typed, words)) ?? [];
  return value ?? typed.trim();
}

/** Full-width digits and letters, as Chinese keyboards write them, become plain ones, and the words of small numbers digits. */
function bare(text: string): string {
  const word = text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/^[\s"'`“‘「]+|[\s"'`”’」.。]+$/g, "");
  const number = Math.max(NUMBERS.indexOf(word), word.length === 1 ? CHINESE_NUMBERS.indexOf(word) : -1);
  return number < 0 ? word : String(number);
}
