/** Steps in a page: one in the text, or the table of a chapter's. */
import { STEPS as STEPS_2013 } from "@eras/docker-2013/steps.ts";
import { STEPS as STEPS_2019 } from "@eras/docker-2019/steps.ts";
import type { Step } from "@eras/trace/step.ts";
import { chapterPath, type Language, readChapter } from "../../book/chapter.ts";
import { placeOfStep } from "./recorded.ts";

const HEADS = {
  en: ["Step", "Who", "Where", "In the article"],
  zh: ["步骤", "由谁完成", "代码位置", "文中标题"],
} as const;

/** Of either era. @throws {Error} When neither declares it. */
function declaredStep(id: string): Step {
  const step = { ...STEPS_2019, ...STEPS_2013 }[id as keyof typeof STEPS_2013] as Step | undefined;
  if (!step) throw new Error(`No era declares the step ${id}`);
  return step;
}

export function stepHtml(id: string, language: Language): string {
  const step = declaredStep(id);
  const title = language === "zh" ? step.titleZh : step.title;
  return `<span class="step" id="step-${id}"><b>${title}</b> <i>${step.actor}</i> <code>${told(id)}</code></span>`;
}

export function stepsTableHtml(id: string, language: Language): string {
  const rows = readChapter(chapterPath(id, language)).steps.map((id) => {
    const step = declaredStep(id);
    const title = language === "zh" ? step.titleZh : step.title;
    return `<tr><td>${title}</td><td>${step.actor}</td><td><code>${told(id)}</code></td><td>${step.article} ${step.heading}</td></tr>`;
  });
  const head = HEADS[language].map((text) => `<th>${text}</th>`).join("");
  return `<div class="steps"><table><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function told(id: string): string {
  const place = placeOfStep(id);
  return place ? `${place.file.replace(/^packages\//, "")}:${place.line}` : id;
}
