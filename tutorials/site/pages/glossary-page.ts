/** The glossary as a page: a heading for each term, so that the search finds it. */
import { existsSync } from "node:fs";
import { chapterPath, type Language } from "../../book/chapter.ts";
import { readGlossary, type Term } from "../../book/glossary.ts";

const TEXTS = {
  en: {
    title: "Glossary",
    lead: "The words of the book, as its chapters use them. In a chapter, a word with a dotted line has its sentence with it.",
    first: "explained in",
    toCome: "which is to come",
    see: "defined in",
    not: "not to be taken for",
  },
  zh: {
    title: "术语表",
    lead: "本书的用词，各章都照此使用。章节里带点线的词，指上去就能看到它的解释。",
    first: "在这一章讲解：",
    toCome: "尚未写成",
    see: "定义见",
    not: "不要混同于",
  },
} as const;

export function termAnchor({ term }: Term): string {
  return `term-${term.en.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
}

/** @returns Markdown. */
export function glossaryPage(language: Language): string {
  const terms = readGlossary().toSorted((a, b) => a.term[language].localeCompare(b.term[language], language));
  const { title, lead } = TEXTS[language];
  const head = `---\ntitle: ${title}\naside: false\npageClass: wide glossary\n---\n\n# ${title}\n\n${lead}\n`;
  return [head, ...terms.map((term) => termSection(term, language, terms))].join("\n");
}

function termSection(term: Term, language: Language, terms: readonly Term[]): string {
  const text = TEXTS[language];
  const others = term.not.flatMap((name) => terms.find((other) => other.term.en === name) ?? []);
  const notes = [
    `${text.first} ${chapterLink(term.first, language)}`,
    ...(term.see.length > 0 ? [`${text.see} ${term.see.map(sourceText).join(", ")}`] : []),
    ...(others.length > 0
      ? [`${text.not} ${others.map((other) => `[${other.term[language]}](#${termAnchor(other)})`).join(", ")}`]
      : []),
  ];
  const other = term.term[language === "en" ? "zh" : "en"];
  return `## ${term.term[language]} {#${termAnchor(term)}}\n\n<b class="other" lang="${language === "en" ? "zh-CN" : "en"}">${other}</b> ${term.sentence[language]}\n\n<small>${notes.join(" · ")}</small>\n`;
}

/** A chapter that is still to come has no page. */
function chapterLink(id: string, language: Language): string {
  return existsSync(chapterPath(id, language))
    ? `[${id}](${language === "en" ? "" : "/zh"}/${id})`
    : `${id} (${TEXTS[language].toCome})`;
}

/** A man page, or a specification by its address. */
function sourceText(source: string): string {
  if (!source.startsWith("https://")) return `\`${source}\``;
  return `[${source.replace(/^https:\/\/(?:github\.com\/)?/, "").replace(/\/blob\/[^/]+/, "")}](${source})`;
}
