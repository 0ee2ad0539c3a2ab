/**
 * A chapter as it stands in its file: its sections, and all in it that points at code, steps, commands and runs. The format is told in
 * tutorials/README.md.
 *
 *     chapters/13-02.md       English
 *     chapters/13-02.zh.md    简体中文
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import MarkdownIt from "markdown-it";
import { parse } from "yaml";
import { CHAPTERS } from "../paths.ts";
import { type CommandBlock, readCommandBlock } from "./command-block.ts";
import { type QuizItem, readQuiz } from "./quiz-item.ts";
import { readSnippetReference, type SnippetReference } from "./snippet-reference.ts";

export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface ChapterMeta {
  readonly title: string;
  /** How long a reader needs. */
  readonly minutes: number;
  /** Those that it draws on: `001`. */
  readonly articles: readonly string[];
  /** The run that its steps, predictions and quiz speak of: `2013 run -a busybox echo hi`. */
  readonly run?: string;
}

export interface Section {
  /** Of its heading: `{#read}`. */
  readonly id: string;
  readonly title: string;
  /** Its Markdown below the heading, up to the next heading with an id. */
  readonly text: string;
  /** Line of its heading in the file, from 1. */
  readonly line: number;
  /** In a translation: the hash of the English section that it was made from. */
  readonly translatedFrom?: string;
}

export interface Chapter {
  /** `13-02` */
  readonly id: string;
  readonly language: Language;
  readonly path: string;
  readonly meta: ChapterMeta;
  readonly sections: readonly Section[];
  readonly snippets: readonly SnippetReference[];
  /** Ids, in the order in which they are told. */
  readonly steps: readonly string[];
  /** `see {{viewer}}`, `see {{picture docker}}`: what shows recorded runs, behind the section where it stands. */
  readonly viewers: readonly string[];
  readonly commands: readonly CommandBlock[];
  readonly predictions: readonly QuizItem[];
  readonly quiz: readonly QuizItem[];
}

const FILE_NAME = /^(?<id>\d\d-\d+)(?:\.(?<language>zh))?\.md$/;
const FRONT_MATTER = /^---\n([\s\S]*?)\n---\n/;
const HEADING = /^#{2,3} (?<title>.+?) \{#(?<id>[\w-]+)\}$/;
const STEP = /\{\{step ([\w.-]+)\}\}/g;
const VIEWER = /^\{\{(?:viewer(?: 2013 2019)?|picture [a-z]+)\}\}$/gm;
const TRANSLATED_FROM = /^<!-- en: (?<hash>[0-9a-f]{8}) -->$/m;

/** All chapters of a language, in the order of the book: the prologue, 2013, the bridge, 2019. */
export function readChapters(language: Language, dir = CHAPTERS): Chapter[] {
  return readdirSync(dir)
    .filter((name) => (FILE_NAME.exec(name)?.groups?.language ?? "en") === language && FILE_NAME.test(name))
    .map((name) => readChapter(join(dir, name)))
    .sort((a, b) => bookOrder(a.id) - bookOrder(b.id) || a.id.localeCompare(b.id));
}

/** The bridge, 20, stands between 2013 and 2019. */
function bookOrder(id: string): number {
  return ["00", "13", "20", "19"].indexOf(id.slice(0, 2));
}

export type Era = "2013" | "2019";

/** Whose steps a chapter tells: the run's in its head. */
export function eraOf({ meta }: Chapter): Era {
  return meta.run?.startsWith("2019") ? "2019" : "2013";
}

export function chapterPath(id: string, language: Language): string {
  return join(CHAPTERS, `${id}${language === "zh" ? ".zh" : ""}.md`);
}

/** @throws {Error} When something in it is not as tutorials/README.md says: which file and line. */
export function readChapter(path: string): Chapter {
  const { id, language = "en" } = FILE_NAME.exec(path.slice(path.lastIndexOf("/") + 1))!.groups as {
    id: string;
    language?: Language;
  };
  const text = readFileSync(path, "utf8");
  const frontMatter = FRONT_MATTER.exec(text);
  if (!frontMatter) throw new Error(`${path}:1: a chapter starts with "---", its title, minutes and articles`);
  const lines = text.split("\n");
  const fences = new MarkdownIt().parse(text, {}).filter(({ type }) => type === "fence");
  const inCode = new Set(fences.flatMap(({ map }) => range(map![0], map![1])));
  const prose = lines.map((line, index) => (inCode.has(index) ? "" : line));
  const sections = readSections(lines, inCode);
  const yaml = (kind: string) =>
    fences
      .filter(({ info }) => info.trim() === `yaml ${kind}`)
      .flatMap(({ content, map }) => readQuiz(content, `${path}:${map![0] + 1}`));
  return {
    id,
    language,
    path,
    meta: parse(frontMatter[1]!) as ChapterMeta,
    sections,
    snippets: prose.flatMap((line, index) => readSnippetReference(line, `${path}:${index + 1}`) ?? []),
    steps: [...prose.join("\n").matchAll(STEP)].map(([, step]) => step!),
    viewers: sections.flatMap(({ id, text }) => [...text.matchAll(VIEWER)].map(([viewer]) => `${id} ${viewer}`)),
    commands: fences.flatMap(
      ({ info, content, map }) => readCommandBlock(info, content, `${path}:${map![0] + 1}`) ?? [],
    ),
    predictions: yaml("predict"),
    quiz: yaml("quiz"),
  };
}

/** Eight digits that change when a section's text does. */
export function sectionHash({ title, text }: Section): string {
  return createHash("sha256").update(`${title}\n${text}`).digest("hex").slice(0, 8);
}

function readSections(lines: readonly string[], inCode: ReadonlySet<number>): Section[] {
  const headings = lines.flatMap((line, index) => {
    const groups = inCode.has(index) ? undefined : HEADING.exec(line)?.groups;
    return groups ? [{ index, id: groups.id!, title: groups.title! }] : [];
  });
  return headings.map(({ index, id, title }, position) => {
    const text = lines
      .slice(index + 1, headings[position + 1]?.index)
      .join("\n")
      .trim();
    const translatedFrom = TRANSLATED_FROM.exec(text)?.groups?.hash;
    return { id, title, text, line: index + 1, ...(translatedFrom !== undefined && { translatedFrom }) };
  });
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, offset) => start + offset);
}
