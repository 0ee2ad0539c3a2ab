/** A source file as a page of plain HTML: whole, its lines numbered and with anchors, so that a chapter can lead to the place that it quotes. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { MarkdownRenderer } from "vitepress";
import { CLONE } from "../../paths.ts";
import { escapeHtml } from "../markdown/escape-html.ts";

/** What a page tells of its file. */
export interface SourceFile {
  /** Below the clone. */
  readonly file: string;
  /** Chapters' ids. */
  readonly quotedIn: readonly string[];
  readonly commit: string | undefined;
}

/** @param md - Whose fences are coloured as those of the chapters are. */
export function sourcePage({ file, quotedIn, commit }: SourceFile, md: MarkdownRenderer): string {
  const code = readFileSync(join(CLONE, file), "utf8");
  const fence = md.render(`${FENCE}ts\n${code}${FENCE}\n`);
  const pre = /<pre[\s\S]*<\/pre>/.exec(fence)![0];
  let line = 0;
  const numbered = pre.replaceAll('<span class="line">', () => {
    line++;
    return `<span class="line" id="L${line}"><a class="number" href="#L${line}" aria-label="${line}">${line}</a>`;
  });
  const chapters = quotedIn.map(
    (id) => `<a href="/${id}.html">${id}</a> (<a href="/zh/${id}.html" lang="zh-CN">中文</a>)`,
  );
  const quoted = chapters.length > 0 ? `<p>quoted in · 引用于 ${chapters.join(", ")}</p>` : "";
  const from = commit === undefined ? "" : `<p>commit <code>${commit}</code></p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeHtml(basename(file))} · docker-eras</title>
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<style>
${readFileSync(join(import.meta.dirname, "source-page.css"), "utf8")}</style>
<script>
${THEME_SCRIPT}
</script>
</head>
<body>
<header><a href="/index.html">docker-eras</a><h1>${escapeHtml(file)}</h1>${quoted}${from}</header>
<main tabindex="0" aria-label="${escapeHtml(file)}">${numbered}</main>
</body>
</html>
`;
}

/** Longer than any run of backticks in a source. */
const FENCE = "``````````";
/** Dark where the reader has chosen it on the site, or else has it everywhere. */
const THEME_SCRIPT = `const chosen = localStorage.getItem("vitepress-theme-appearance") ?? "auto";
const isDark = chosen === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
document.documentElement.classList.toggle("dark", isDark);`;
