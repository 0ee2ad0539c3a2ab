/**
 * `pnpm docs:record [CHAPTER…]`: runs the chapters' commands and writes what they print into both halves, for a person to review: nothing else
 * changes a chapter. Lines that agree already stay as they are, with their placeholders.
 *
 * `pnpm docs:record --reviewed CHAPTER`: the Chinese half has been read beside the English one, so its sections are up to date.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Chapter, readChapters, sectionHash } from "../book/chapter.ts";
import type { Command } from "../book/command-block.ts";
import { type Bindings, matchOutput } from "./match-output.ts";
import { runChapter, type Transcript, withoutKeys } from "./run-chapter.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { reviewed: { type: "boolean", default: false } },
});
const chosen = (language: "en" | "zh") =>
  readChapters(language).filter(({ id }) => positionals.length === 0 || positionals.includes(id));

if (values.reviewed) for (const chapter of chosen("zh")) writeHashes(chapter);
else
  for (const chapter of chosen("en"))
    writeOutputs(await runChapter(chapter, (line) => console.log(`${chapter.id} $ ${line}`)), chapter);

function writeHashes({ id, path, sections }: Chapter): void {
  const english = readChapters("en").find((chapter) => chapter.id === id);
  const hashes = new Map(english?.sections.map((section) => [section.id, sectionHash(section)]));
  const lines = readFileSync(path, "utf8").split("\n");
  for (const section of sections.toReversed()) {
    const mark = `<!-- en: ${hashes.get(section.id)} -->`;
    const at = lines.findIndex((line, index) => index >= section.line && line.startsWith("<!-- en: "));
    if (section.translatedFrom !== undefined) lines[at] = mark;
    else lines.splice(section.line, 0, mark);
  }
  writeFileSync(path, lines.join("\n"));
}

function writeOutputs({ blocks, problems }: Transcript, { path }: Chapter): void {
  const bindings: Bindings = new Map();
  for (const half of [path, path.replace(/\.md$/, ".zh.md")].filter(existsSync)) {
    let text = readFileSync(half, "utf8");
    for (const { block, outcomes } of blocks) {
      const body = outcomes.flatMap((outcome, index) => {
        const command = block.commands[index]!;
        const isSame = matchOutput(command.output.map(withoutKeys), outcome.lines, bindings) === undefined;
        return [
          ...told(command),
          ...(isSame ? command.output : outcome.lines.map(withPlaceholders)),
          ...exit(outcome.exitCode),
        ];
      });
      const info = new RegExp(`(\`\`\`sh run id=${block.id} [^\n]*\n)[\\s\\S]*?\n\`\`\``);
      text = text.replace(info, (_, head: string) => `${head}${body.join("\n")}\n\`\`\``);
    }
    writeFileSync(half, text);
  }
  for (const problem of problems) console.log(`was: ${problem}`);
}

function told({ line }: Command): string[] {
  return `$ ${line}`.split("\n");
}

function exit(code: number): string[] {
  return code === 0 ? [] : [`[exit ${code}]`];
}

function withPlaceholders(line: string): string {
  return line
    .replaceAll(/sha256:[0-9a-f]{64}/g, "<DIGEST>")
    .replaceAll(/\b(?:[0-9a-f]{64}|[0-9a-f]{12}|(?=[0-9a-f]*\d)[0-9a-f]{8})\b/g, "<ID>")
    .replaceAll(/\b\d+\.\d+\.\d+\.\d+\b/g, "<IP>");
}
