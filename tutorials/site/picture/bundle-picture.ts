/** `{{picture bundle}}`: how an image becomes a bundle, and the bundle a container: article 002's eight steps, as a run took them. */
import { STEPS } from "@eras/docker-2019/steps.ts";
import type { Step } from "@eras/trace/step.ts";
import type { Language } from "../../book/chapter.ts";
import { recordedRun } from "../markdown/recorded.ts";
import { placeHtml } from "../markdown/steps-html.ts";
import { figureHtml, zoneHtml } from "./parts-html.ts";

/** ctr fetches an image, and runs it: both in 19-21. */
const RUNS = ["19-21 pulled.jsonl", "19-21 bare.jsonl"];
const steps: Readonly<Record<string, Step>> = STEPS;
const ARTICLE = "002";

const CAPTION = {
  en: "Drawn from the recorded runs of ctr in chapter 19-21: the steps in the order in which they were taken, with the article's numbers.",
  zh: "根据第 19-21 章中 ctr 录下的运行画成：步骤按发生的先后排列，编号是文章的。",
} as const; // biome-ignore format: sentences

export function bundlePicture(language: Language): string {
  const taken = new Set(RUNS.flatMap((run) => recordedRun(run).events.flatMap(({ step }) => step ?? [])));
  const boxes = [...taken].flatMap((id) => {
    const step = steps[id];
    if (step?.article !== ARTICLE || step.number === undefined) return [];
    const title = language === "zh" ? step.titleZh : step.title;
    return `<span class="box actor-${step.actor}" data-number="${step.number}"><i>${step.number}</i> <b>${step.actor}</b> ${title} ${placeHtml(id, "2019")}</span>`;
  });
  return figureHtml("bundle-picture", zoneHtml("", boxes.join('<span class="arrow"></span>')), CAPTION[language]);
}
