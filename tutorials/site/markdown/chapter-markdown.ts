/** What chapters have beside Markdown, told in tutorials/README.md, for VitePress's renderer. */
import { basename } from "node:path";
import type { MarkdownRenderer } from "vitepress";
import type { Era, Language } from "../../book/chapter.ts";
import { readQuiz } from "../../book/quiz-item.ts";
import { readSnippetReference } from "../../book/snippet-reference.ts";
import { findSnippet } from "../../snippets/find-snippet.ts";
import { pictureHtml } from "../picture/picture-html.ts";
import { sourceLink } from "../source/source-files.ts";
import { consoleHtml } from "./console-html.ts";
import { numberFor } from "./numbers.ts";
import { quizHtml } from "./quiz-html.ts";
import { chapterStepsHtml, eraStepsHtml, stepHtml } from "./steps-html.ts";
import { markTerms } from "./terms.ts";
import { viewerHtml } from "./viewer-html.ts";

const STEP = /\{\{step ([\w.-]+)\}\}/g;
const CHAPTER_ID = /^\d\d-\d+$/;
const NUMBER = /\{\{(lines|version) ([^}]+)\}\}/g;

export function chapterMarkdown(md: MarkdownRenderer): void {
  md.core.ruler.before("normalize", "eras-references", (state) => {
    const language = languageOf(state.env);
    state.src = outsideFences(state.src, (line) =>
      line
        .replace(STEP, (_, id: string) => stepHtml(id, chapterId(state.env), language))
        .replace(NUMBER, (_, kind: "lines" | "version", of: string) => numberFor(kind, of))
        .replace(/^\{\{viewer\}\}$/, () => viewerHtml(chapterId(state.env), language))
        .replace("{{viewer 2013 2019}}", () => viewerHtml(["2013", "2019"], language))
        .replace(/^\{\{picture ([a-z]+)\}\}$/, (_, name: string) => pictureHtml(name, language))
        .replace(/^\{\{steps\}\}$/, () => chapterStepsHtml(chapterId(state.env), language))
        .replace(/^\{\{steps (2013|2019)\}\}$/, (_, era: Era) => eraStepsHtml(era, language)),
    );
  });
  md.block.ruler.before("snippet", "eras-snippet", (state, startLine, _endLine, silent) => {
    const line = state.src.slice(state.bMarks[startLine]! + state.tShift[startLine]!, state.eMarks[startLine]);
    const reference = readSnippetReference(line, `${state.env.relativePath}:${startLine + 1}`);
    if (!reference) return false;
    if (silent) return true;
    const { code, file, line: at } = findSnippet(reference);
    state.push("html_block", "", 0).content =
      `<div class="quoted"><p class="quoted-from"><a href="${sourceLink(file, at)}" target="_self">${file}:${at}</a></p>\n`;
    const fence = state.push("fence", "code", 0);
    fence.info = "ts";
    fence.content = `${code}\n`;
    fence.markup = "```";
    fence.map = [startLine, startLine + 1];
    state.push("html_block", "", 0).content = "</div>\n";
    state.line = startLine + 1;
    return true;
  });
  md.core.ruler.push("eras-terms", ({ tokens, env }) => {
    if (CHAPTER_ID.test(chapterId(env))) markTerms(tokens, languageOf(env));
  });
  const renderFence = md.renderer.rules.fence!;
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const token = tokens[index]!;
    const info = token.info.trim();
    const [, kind] = /^yaml (predict|quiz)$/.exec(info) ?? [];
    if (kind)
      return quizHtml(
        kind as "predict" | "quiz",
        readQuiz(token.content, env.relativePath),
        chapterId(env),
        languageOf(env),
      );
    if (info.startsWith("sh run")) return consoleHtml(info, token.content, chapterId(env), languageOf(env));
    return renderFence(tokens, index, options, env, self);
  };
}

/** `13-02.md`, `zh/13-02.md` */
interface Page {
  readonly relativePath?: string;
}

function languageOf({ relativePath }: Page): Language {
  return relativePath?.startsWith("zh/") ? "zh" : "en";
}

function chapterId({ relativePath = "" }: Page): string {
  return basename(relativePath, ".md");
}

function outsideFences(text: string, change: (line: string) => string): string {
  let isInside = false;
  return text
    .split("\n")
    .map((line) => {
      if (line.startsWith("```")) isInside = !isInside;
      return isInside ? line : change(line);
    })
    .join("\n");
}
