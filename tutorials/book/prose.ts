/** What of a chapter is read as words: all but its code. */
import MarkdownIt from "markdown-it";

export interface ProseLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** Questions stand in fences too, and are words. */
const WORDS_IN_FENCE = /^yaml (?:predict|quiz)$/;
const NO_WORDS = [
  /^<<<.*/g, // a snippet
  /`[^`]*`/g,
  /\{\{[^}]*\}\}/g,
  /<!--.*?-->/g,
  /(?<=\])\([^)]*\)/g, // where a link leads
  /https?:\/\/\S+/g,
  /\{#[\w-]+\}$/g, // a heading's id
  /^ *answer: .*/g,
];

export function readProse(markdown: string): ProseLine[] {
  const inCode = linesInCode(markdown);
  return markdown.split("\n").flatMap((line, index) => {
    const text = inCode.has(index) ? "" : NO_WORDS.reduce((rest, pattern) => rest.replaceAll(pattern, " "), line);
    return text.trim() === "" ? [] : [{ line: index + 1, text }];
  });
}

function linesInCode(markdown: string): Set<number> {
  const blocks = new MarkdownIt()
    .parse(markdown, {})
    .filter(({ type, info }) => type === "code_block" || (type === "fence" && !WORDS_IN_FENCE.test(info.trim())));
  return new Set(blocks.flatMap(({ map }) => Array.from({ length: map![1] - map![0] }, (_, row) => map![0] + row)));
}
