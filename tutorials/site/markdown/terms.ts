/** Words of the glossary in a chapter: where a section has one for the first time, it gets a card. */
import type { MarkdownRenderer } from "vitepress";
import type { Language } from "../../book/chapter.ts";
import { readGlossary, type Term } from "../../book/glossary.ts";
import { termAnchor } from "../pages/glossary-page.ts";
import { escapeHtml } from "./escape-html.ts";

type Token = ReturnType<MarkdownRenderer["parse"]>[number];

const TERMS = readGlossary();
const PATTERNS: Readonly<Record<Language, RegExp>> = { en: patternFor("en"), zh: patternFor("zh") };
const WORDS = new Intl.Segmenter("zh", { granularity: "word" });

/** Marks terms in the tokens of a page. @param tokens - Changed where they stand. */
export function markTerms(tokens: readonly Token[], language: Language): void {
  let seen = new Set<Term>();
  let isHeading = false;
  for (const token of tokens) {
    if (token.type === "heading_open" && token.tag === "h2") seen = new Set();
    if (token.type.startsWith("heading_")) isHeading = token.type === "heading_open";
    if (token.type === "inline" && token.children && !isHeading)
      token.children = markInline(token.children, seen, language);
  }
}

/** Text inside links and elements stays as it is. */
function markInline(children: readonly Token[], seen: Set<Term>, language: Language): Token[] {
  let depth = 0;
  return children.flatMap((child) => {
    if (child.type === "html_inline")
      depth += child.content.startsWith("</") ? -1 : child.content.endsWith("/>") ? 0 : 1;
    if (child.type === "link_open" || child.type === "link_close") depth += child.nesting;
    return child.type === "text" && depth === 0 ? markText(child, seen, language) : [child];
  });
}

function markText(token: Token, seen: Set<Term>, language: Language): Token[] {
  const { content } = token;
  const parts: Token[] = [];
  let end = 0;
  const take = (type: string, text: string) => {
    const part = Object.assign(Object.create(Object.getPrototypeOf(token)), token, { type, content: text });
    if (text !== "") parts.push(part);
  };
  for (const { 0: word, index } of content.matchAll(PATTERNS[language])) {
    const term = termOf(word, language);
    if (!term || seen.has(term) || !isWord(content, index, word, language)) continue;
    seen.add(term);
    take("text", content.slice(end, index));
    take("html_inline", cardOpen(term, language));
    take("text", word);
    take("html_inline", "</Term>");
    end = index + word.length;
  }
  take("text", content.slice(end));
  return parts;
}

/** A page's HTML with each card's other name as text beside the word. */
export function withOtherNames(html: string): string {
  return html.replace(/(<Term [^>]*?other="([^"]*)"[^>]*>)/g, "$1$2 ");
}

function cardOpen(term: Term, language: Language): string {
  const base = language === "en" ? "" : "/zh";
  const other = language === "en" ? "zh" : "en";
  return `<Term name="${escapeHtml(term.term[language])}" other="${escapeHtml(term.term[other])}" sentence="${escapeHtml(term.sentence[language])}" link="${base}/glossary.html#${termAnchor(term)}">`;
}

/** Longest first, so that a mount namespace is not just a namespace. */
function patternFor(language: Language): RegExp {
  const words = TERMS.map(({ term }) => term[language]).toSorted((a, b) => b.length - a.length);
  const patterns = words.map((word) =>
    isLatin(word) ? `(?<![\\w./-])${latinPattern(word)}(?![\\w/-])` : RegExp.escape(word),
  );
  return new RegExp(patterns.join("|"), "g");
}

/** It may begin a sentence, and there may be several. */
function latinPattern(word: string): string {
  const [first, ...rest] = word;
  return `[${first}${first!.toUpperCase()}]${RegExp.escape(rest.join(""))}(?:s|es)?`;
}

function isLatin(word: string): boolean {
  return /^[\x20-\x7e]+$/.test(word);
}

function termOf(word: string, language: Language): Term | undefined {
  const matches = ({ term }: Term) =>
    new RegExp(`^${isLatin(term[language]) ? latinPattern(term[language]) : RegExp.escape(term[language])}$`).test(
      word,
    );
  return TERMS.find(matches);
}

/** Chinese has no spaces between words: 层 is no word of 楼层. */
function isWord(text: string, start: number, word: string, language: Language): boolean {
  if (language === "en" || isLatin(word)) return true;
  const borders = new Set([text.length, ...[...WORDS.segment(text)].map(({ index }) => index)]);
  return borders.has(start) && borders.has(start + word.length);
}
