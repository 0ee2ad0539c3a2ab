/** The articles' headings: all of the articles that is kept here. Rows of the ledger and steps quote them. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { ARTICLE_HEADINGS } from "../paths.ts";
import { type Bilingual, Fields } from "./fields.ts";

export interface Article {
  /** `001` */
  readonly id: string;
  readonly title: Bilingual;
  /** In their order; one that stands there twice, twice. */
  readonly headings: readonly string[];
  /** Those that only gather the ones below them. */
  readonly parts: readonly string[];
}

export function readArticles(path = ARTICLE_HEADINGS): Article[] {
  const articles = parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  return Object.entries(articles).map(([id, values]) => {
    const fields = new Fields(values, `article-headings.yaml: ${id}`);
    const title = { en: fields.text("titleEn"), zh: fields.text("title") };
    const article = { id, title, headings: fields.texts("headings"), parts: fields.texts("parts") };
    fields.done();
    return article;
  });
}
