/** Where the site keeps the pages that show recorded runs: files of their own, for frames in chapters. */
import type { Era, Language } from "../../book/chapter.ts";

/** @param of - A chapter's id, whose run it is; or two eras, side by side. */
export function viewerLink(of: string | readonly Era[], language: Language): string {
  return `/viewer/${typeof of === "string" ? of : of.join("-")}.${language}.html`;
}
