/** `{{viewer}}`: the recorded run of a chapter, to step through; `{{viewer 2013 2019}}`: one of each era, side by side. */
import type { Era, Language } from "../../book/chapter.ts";
import { viewerLink } from "../viewer/viewer-link.ts";

const TEXTS = {
  en: {
    run: "The recorded run, to step through",
    both: "A run of 2013 and one of 2019, side by side",
    alone: "Open it in a page of its own",
  },
  zh: { run: "录下的运行，可以逐步查看", both: "2013 与 2019 的两次运行，左右对照", alone: "单独打开" },
} as const;

/** @param of - As for `viewerLink()`. */
export function viewerHtml(of: string | readonly Era[], language: Language): string {
  const text = TEXTS[language];
  const link = viewerLink(of, language);
  const title = typeof of === "string" ? text.run : text.both;
  return `<Run link="${link}" title="${title}" alone="${text.alone}" />\n`;
}
