/** Steps in a page: one in the text, or the table of a chapter's. */
import { STEPS as STEPS_2013 } from "@eras/docker-2013/steps.ts";
import { STEPS as STEPS_2019 } from "@eras/docker-2019/steps.ts";
import type { Step } from "@eras/trace/step.ts";
import { chapterPath, type Era, eraOf, type Language, readChapter } from "../../book/chapter.ts";
import { sourceLink } from "../source/source-files.ts";
import { placeOfStep } from "./recorded.ts";

const HEADS = {
  en: ["Step", "Who", "Where", "In the article"],
  zh: ["步骤", "由谁完成", "代码位置", "文中标题"],
} as const;

const STEPS: Readonly<Record<Era, Readonly<Record<string, Step>>>> = { "2013": STEPS_2013, "2019": STEPS_2019 };

/** @param chapter - Its id. @throws {Error} When the chapter's era declares no such step. */
export function stepHtml(id: string, chapter: string, language: Language): string {
  const era = eraOfChapter(chapter);
  const step = STEPS[era][id];
  if (!step) throw new Error(`${chapter}: ${era} declares no step ${id}`);
  return `<span class="step" id="step-${id}"><b>${titleOf(step, language)}</b> <i>${step.actor}</i> ${placeHtml(id, era)}</span>`;
}

/** @param chapter - Its steps. */
export function chapterStepsHtml(chapter: string, language: Language): string {
  return tableHtml(readChapter(chapterPath(chapter, "en")).steps, eraOfChapter(chapter), language);
}

/** All steps of an era. */
export function eraStepsHtml(era: Era, language: Language): string {
  return tableHtml(Object.keys(STEPS[era]), era, language);
}

function tableHtml(ids: readonly string[], era: Era, language: Language): string {
  const rows = ids.map((id) => {
    const step = STEPS[era][id]!;
    const cells = [titleOf(step, language), step.actor, placeHtml(id, era), `${step.article} ${step.heading}`];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  const head = HEADS[language].map((text) => `<th>${text}</th>`).join("");
  return `<div class="steps"><table><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function eraOfChapter(id: string): Era {
  return eraOf(readChapter(chapterPath(id, "en")));
}

function titleOf({ title, titleZh }: Step, language: Language): string {
  return language === "zh" ? titleZh : title;
}

/** Where it was taken, with a link to that line; its id, where no recorded run takes it. */
export function placeHtml(id: string, era: Era): string {
  const place = placeOfStep(id, era);
  if (!place) return `<code>${id}</code>`;
  const text = `<code>${place.file.replace(/^packages\//, "")}:${place.line}</code>`;
  const link = sourceLink(place.file, place.line);
  return link ? `<a href="${link}" target="_self">${text}</a>` : text;
}
