/** The reader's map as a page: the article's heading on the left; each claim with its chapter, code, proof and state. */
import type { Language } from "../../book/chapter.ts";
import { type MapArticle, type MapHeading, type MapRow, readersMap } from "../../book/readers-map.ts";
import { escapeHtml } from "../markdown/escape-html.ts";
import { sourceLink } from "../source/source-files.ts";

const TEXTS = {
  en: {
    title: "The reader's map",
    lead: "Five articles, and what they claim, in our words. For each claim: where this book tells it, the code that does it, and what proves that on every run of the test suite.",
    article: "Article",
    told: "Told in",
    code: "Code",
    proof: "Proof",
    planned: "not written yet",
    states: { works: "proven", partly: "partly", planned: "planned", corrected: "corrected", told: "told" },
    legend:
      "proven: a test of the real thing passed. corrected: the article errs, and an experiment shows it. told: history, nothing to build. partly, planned: still to come.",
  },
  zh: {
    title: "读者对照图",
    lead: "五篇文章各说了什么，用我们自己的话列在这里。每一条都写明：本书在哪一章讲，哪段代码实现，每次运行测试时由什么证明。",
    article: "文章",
    told: "见章节",
    code: "代码",
    proof: "证明",
    planned: "尚未写成",
    states: { works: "已证明", partly: "部分", planned: "计划中", corrected: "已更正", told: "只讲述" },
    legend:
      "已证明：真实运行的测试通过。已更正：文章有误，并有实验为证。只讲述：历史，无须实现。部分、计划中：尚待完成。",
  },
} as const;

/** @returns Markdown, with HTML in it. */
export function mapPage(language: Language): string {
  const { title, lead, legend } = TEXTS[language];
  const articles = readersMap();
  const head = `---\ntitle: ${title}\naside: false\npageClass: wide map\n---\n\n# ${title}\n\n${lead}\n`;
  const counts = Object.values(Object.groupBy(articles.flatMap(rowsOf), ({ status }) => status))
    .map((rows) => `<span class="count">${stateHtml(rows[0]!, language)} ${rows.length}</span>`)
    .join("");
  return [
    head,
    `<p class="counts">${counts}</p>\n\n<small>${legend}</small>\n`,
    ...articles.map((article) => articleSection(article, language)),
  ].join("\n");
}

function rowsOf({ headings }: MapArticle): readonly MapRow[] {
  return headings.flatMap(({ rows }) => rows);
}

function articleSection({ id, title, headings }: MapArticle, language: Language): string {
  const heading = `## ${TEXTS[language].article} ${id} · ${escapeHtml(title[language])} {#article-${id}}`;
  return `${heading}\n\n<div class="map-article" v-pre>\n${headings.map((group) => headingHtml(group, language)).join("\n")}\n</div>\n`;
}

function headingHtml({ heading, rows }: MapHeading, language: Language): string {
  const items = rows.map((row) => rowHtml(row, language)).join("\n");
  return `<section class="map-heading"><h3 lang="zh-CN">${escapeHtml(heading)}</h3><ul>\n${items}\n</ul></section>`;
}

function rowHtml(row: MapRow, language: Language): string {
  const text = TEXTS[language];
  const notes = [
    noteHtml(text.told, chapterLinks(row, language)),
    noteHtml(text.code, [...row.code.map(codeHtml), ...row.steps.map(({ title }) => escapeHtml(title[language]))]),
    noteHtml(
      text.proof,
      row.proofs.map(({ text }) => `<code>${escapeHtml(text)}</code>`),
    ),
  ];
  return `<li id="row-${row.id}"><p>${stateHtml(row, language)} <b>${row.id}</b> ${proseHtml(row.claim[language])}</p>${notes.join("")}</li>`;
}

/** A dot, and a word beside it: no state is told by its hue alone. */
function stateHtml({ dot, status }: MapRow, language: Language): string {
  return `<span class="state ${dot}">${TEXTS[language].states[status]}</span>`;
}

function chapterLinks({ chapters, erratum }: MapRow, language: Language): string[] {
  const base = language === "en" ? "" : "/zh";
  const links = chapters.map(({ id, section, title }) =>
    title
      ? `<a href="${base}/${id}.html#${section}">${id} ${escapeHtml(title[language] ?? title.en ?? "")}</a>`
      : `${id} (${TEXTS[language].planned})`,
  );
  return erratum ? [...links, `<a href="${base}/errata.html#${erratum.toLowerCase()}">${erratum}</a>`] : links;
}

function codeHtml(path: string): string {
  const shown = path.replace(/^packages\//, "");
  const link = sourceLink(path);
  return link ? `<a href="${link}" target="_self"><code>${shown}</code></a>` : `<code>${shown}</code>`;
}

function noteHtml(label: string, items: readonly string[]): string {
  return items.length === 0 ? "" : `<p class="note"><b>${label}</b> ${items.join(", ")}</p>`;
}

/** Code in a claim stands between backticks. */
function proseHtml(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}
