/**
 * A recorded run as a page: one HTML file that asks nobody for anything.
 *
 * In another page, a chapter for one, it goes into a frame of its own: `<iframe srcdoc>` or a file beside the chapter.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordedRun } from "./recorded-run.ts";
import { linkScript } from "./script.ts";

/** How the page looks when it opens. A person changes all of it with a click or a key. */
export interface PageOptions {
  readonly language?: "en" | "zh";
  /** Absent: as the reader's system has it. */
  readonly theme?: "light" | "dark";
  /** `story`, `sequence`, `processes`, `kernel`, `compare`; `code`, `wire`, `article`. */
  readonly panes?: readonly string[];
  /** The step that it opens at; the run's first event, if absent. */
  readonly step?: string;
}

const DESCRIPTION = {
  en: "A container's run, recorded: story, sequence, processes, kernel, wire and code, to step through",
  zh: "容器的一次运行：叙述、时序、进程、内核、线路与代码，可以逐步查看",
};
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/** @param runs - One, or two to compare. @returns HTML. */
export function viewerPage(runs: readonly RecordedRun[], options: PageOptions = {}): string {
  const { language = "en", theme } = options;
  return `<!doctype html>
<html lang="${language}"${theme ? ` data-theme="${theme}"` : ""}>
<meta charset="utf-8">
<title>${runs.map(titleOf).map(asText).join(" · ")}</title>
<meta name="description" content="${DESCRIPTION[language]}">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<link rel="icon" href="data:,">
<style>
${readFileSync(join(import.meta.dirname, "page/style.css"), "utf8")}</style>
<body>
<noscript>This page needs JavaScript, which is in the page itself.</noscript>
<script type="application/json" id="runs">${asScriptText({ runs, options })}</script>
<script>
${linkScript()}
</script>
`;
}

function titleOf({ era, events: [first] }: RecordedRun): string {
  const argv = first?.args?.argv;
  return `${era}: ${[first?.name ?? "", ...(Array.isArray(argv) ? argv : [])].join(" ")}`;
}

function asText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON in which nothing can end the script element around it. */
function asScriptText(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
