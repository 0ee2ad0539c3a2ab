/** Where the articles err, as a page. */
import type { Language } from "../../book/chapter.ts";
import { type Erratum, readErrata } from "../../book/errata.ts";
import { chaptersOfErratum } from "./errata-chapters.ts";

const TEXTS = {
  en: {
    title: "Where the articles err",
    lead: "Five good articles, written over years about a thing that changed every month. These are the places where what they say does not hold, or held at another date. Each has an experiment: see for yourself.",
    says: "It says",
    holds: "What holds",
    experiment: "See it",
    told: "Told in",
    article: "article",
  },
  zh: {
    title: "文章的出入",
    lead: "五篇好文章，写了几年，写的又是月月在变的东西。这里列出说法不成立、或只在另一个时期成立的地方。每一条都有一个实验，可以亲自验证。",
    says: "文中说",
    holds: "实际上",
    experiment: "亲自验证",
    told: "见",
    article: "文章",
  },
} as const;

/** @returns Markdown. */
export function errataPage(language: Language): string {
  const { title, lead } = TEXTS[language];
  const head = `---\ntitle: ${title}\naside: false\npageClass: wide errata\n---\n\n# ${title}\n\n${lead}\n`;
  return [head, ...readErrata().map((erratum) => erratumSection(erratum, language))].join("\n");
}

function erratumSection(erratum: Erratum, language: Language): string {
  const text = TEXTS[language];
  const base = language === "en" ? "" : "/zh";
  const chapters = chaptersOfErratum(erratum.id).map(
    (anchor) => `[${anchor.split("#")[0]}](${base}/${anchor.replace("#", ".html#")})`,
  );
  const lines = [
    `- **${text.says}** ${erratum.says[language]}`,
    `- **${text.holds}** ${erratum.holds[language]}`,
    `- **${text.experiment}** ${erratum.experiment[language]}`,
    ...(chapters.length > 0 ? [`- **${text.told}** ${chapters.join(", ")}`] : []),
  ];
  return `## ${erratum.id} · ${text.article} ${erratum.articles.join(", ")} {#${erratum.id.toLowerCase()}}\n\n${lines.join("\n")}\n`;
}
