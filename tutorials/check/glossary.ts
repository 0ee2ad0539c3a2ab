/**
 * The glossary, held to what it says, and chapters to the glossary: a word that it avoids stands in no chapter, but in code.
 *
 * Each problem is a line that names the file, the place and what to do.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Chapter, Language } from "../book/chapter.ts";
import { readGlossary, type Term } from "../book/glossary.ts";
import { readProse } from "../book/prose.ts";

type GlossaryChapter = Pick<Chapter, "id" | "language" | "path">;

/** @param chapters - All that are written, of both languages. */
export function checkGlossary(chapters: readonly GlossaryChapter[], terms: readonly Term[] = readGlossary()): string[] {
  return [
    ...terms.flatMap((term) => termProblems(term, terms)),
    ...terms.flatMap((term) => firstProblems(term, chapters)),
    ...chapters.flatMap((chapter) => wordProblems(chapter, terms)),
  ];
}

const CHAPTER_ID = /^\d\d-\d+$/;

function termProblems({ term, first, not, avoid }: Term, terms: readonly Term[]): string[] {
  const names = (language: Language) => terms.map((each) => each.term[language]);
  const clashing = (["en", "zh"] as const).flatMap((language) =>
    avoid[language].filter((word) => names(language).includes(word)),
  );
  return [
    ...(CHAPTER_ID.test(first) ? [] : [`field first is to be a chapter, such as 13-02: ${first}`]),
    ...not.filter((word) => !names("en").includes(word)).map((word) => `field not: the glossary has no "${word}"`),
    ...clashing.map((word) => `field avoid: "${word}" is a term of the glossary itself`),
  ].map((problem) => `glossary.yaml: ${term.en}: ${problem}`);
}

/** A hover card that sends a reader to a chapter without the word would mislead. */
function firstProblems({ term, first }: Term, chapters: readonly GlossaryChapter[]): string[] {
  return chapters
    .filter(({ id, language, path }) => id === first && !mentions(readFileSync(path, "utf8"), term[language], language))
    .map(({ path }) => `glossary.yaml: ${term.en}: field first: ${basename(path)} doesn't have the word: name another`);
}

function mentions(text: string, word: string, language: Language): boolean {
  return language === "zh" ? text.includes(word) : text.toLowerCase().includes(word.toLowerCase());
}

function wordProblems({ language, path }: GlossaryChapter, terms: readonly Term[]): string[] {
  const prose = readProse(readFileSync(path, "utf8"));
  const avoided = terms.flatMap(({ term, avoid }) => avoid[language].map((word) => ({ word, right: term[language] })));
  return avoided.flatMap(({ word, right }) =>
    prose
      .filter(({ text }) => wordPattern(word, language).test(text))
      .map(({ line }) => `chapters/${basename(path)}:${line}: "${word}": write "${right}", or set it as code`),
  );
}

/** Chinese has no spaces between words. An English word may begin a sentence, but GRPC is not gRPC. */
function wordPattern(word: string, language: Language): RegExp {
  if (language === "zh") return new RegExp(RegExp.escape(word));
  const capitalized = word[0]!.toUpperCase() + word.slice(1);
  return new RegExp(`(?<![\\w-])(?:${RegExp.escape(word)}|${RegExp.escape(capitalized)})(?![\\w-])`);
}
