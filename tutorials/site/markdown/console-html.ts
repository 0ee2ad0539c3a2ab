/** A chapter's commands with what they printed when they were recorded. Values that a reader's own run will have others of are marked. */
import type { Language } from "../../book/chapter.ts";
import { type Command, readCommandBlock } from "../../book/command-block.ts";
import type { LinePart } from "../../transcripts/match-output.ts";
import { readPrinted } from "../../transcripts/recording.ts";
import { shownOutput } from "../../transcripts/shown-output.ts";
import { escapeHtml } from "./escape-html.ts";

const VARIES = { en: "On your machine it is another one", zh: "在你的机器上会是另一个值" } as const;
const LEFT_OUT = { en: "More lines, which are left out here", zh: "这里省略了若干行" } as const;

/** @param info - Of the fence: `sh run id=hello world=2013`. @param chapter - Its id. */
export function consoleHtml(info: string, content: string, chapter: string, language: Language): string {
  const { id, commands, world } = readCommandBlock(info, content, chapter)!;
  const printed = readPrinted(chapter)[id] ?? [];
  const lines = commands.flatMap((command, index) => commandHtml(command, printed[index]?.printed ?? [], language));
  const label = world === "none" ? "shell" : world;
  const button = '<button title="Copy" class="copy"></button>';
  return `<div class="language-console console">${button}<span class="lang">${label}</span><pre v-pre tabindex="0"><code>${lines.join("")}</code></pre></div>\n`;
}

function commandHtml({ line, output, exitCode }: Command, printed: readonly string[], language: Language): string[] {
  const lines = shownOutput(output, printed);
  const name = lines.some(hasColumns) ? "printed columns" : "printed";
  return [
    `<span class="vp-copy-ignore prompt">$ </span><span class="command">${flagsWhole(escapeHtml(line))}</span>\n`,
    ...lines.map((parts) => printedHtml(parts.map((part) => partHtml(part, language)).join(""), name)),
    ...(exitCode === 0 ? [] : [printedHtml(`<span class="exit">[exit ${exitCode}]</span>`, "printed")]),
  ];
}

/** A browser would break a line behind any hyphen, and `-` is no flag, nor `c`. */
function flagsWhole(html: string): string {
  return html.replaceAll(/-+\w{0,12}/g, '<span class="flag">$&</span>');
}

/** Lines of a table are never broken: what stands below what is all that they say. */
function hasColumns(parts: readonly LinePart[]): boolean {
  return /\S {2,}\S/.test(parts.map(({ text }) => text).join(""));
}

/** It is no part of what the button copies. */
function printedHtml(html: string, name: string): string {
  return `<span class="vp-copy-ignore ${name}">${html}\n</span>`;
}

function partHtml({ text, kind }: LinePart, language: Language): string {
  if (kind === undefined) return escapeHtml(text);
  if (kind === "...") return `<span class="left-out" title="${LEFT_OUT[language]}">${text}</span>`;
  return `<span class="varies" title="${VARIES[language]}">${escapeHtml(text)}</span>`;
}
