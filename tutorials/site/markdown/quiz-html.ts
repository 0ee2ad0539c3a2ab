/** Predictions and quizzes as a component of the page; the answers are those of the recorded run, whose command is told. */
import { chapterPath, type Language, readChapter } from "../../book/chapter.ts";
import type { QuizItem } from "../../book/quiz-item.ts";
import { answerOf } from "../../quiz/answer.ts";
import { placeOf } from "../../quiz/run-page.ts";
import { viewerLink } from "../viewer/viewer-link.ts";
import { recordedRuns } from "./recorded.ts";

/** @param id - The chapter's. */
export function quizHtml(kind: "predict" | "quiz", items: readonly QuizItem[], id: string, language: Language): string {
  const { path, meta, predictions, quiz } = readChapter(chapterPath(id, "en")); // whose half has the answers
  const run = recordedRuns().get(meta.run ?? "");
  if (!run)
    throw new Error(`${path}: a quiz needs a recorded run: its head names none, or pnpm docs:check did not record it`);
  const answered = new Map(
    [...predictions, ...quiz].map((item) => [
      item.id,
      {
        try: item.try,
        answer: answerOf(item, run),
        ...(item.try === undefined && { place: placeOf(item, viewerLink(id, language)) }),
      },
    ]),
  );
  const shown = items.map((item) => ({ ...item, ...answered.get(item.id) }));
  const data = Buffer.from(JSON.stringify(shown)).toString("base64");
  return `<Quiz kind="${kind}" chapter="${id}" run="${meta.run}" language="${language}" data="${data}" />\n`;
}
