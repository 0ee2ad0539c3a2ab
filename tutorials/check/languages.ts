/** Both halves of a chapter have one skeleton, and the Chinese one was made from the English one as it stands. */
import { type Chapter, sectionHash } from "../book/chapter.ts";

/** @returns What is missing, extra or stale, each with its file. */
export function checkLanguages(english: readonly Chapter[], chinese: readonly Chapter[]): string[] {
  const zhById = new Map(chinese.map((chapter) => [chapter.id, chapter]));
  const enIds = new Set(english.map(({ id }) => id));
  return [
    ...chinese.filter(({ id }) => !enIds.has(id)).map(({ path }) => `${path}: has no English half`),
    ...english.flatMap((chapter) => {
      const half = zhById.get(chapter.id);
      return half ? checkHalves(chapter, half) : [`${chapter.path}: has no Chinese half`];
    }),
  ];
}

function checkHalves(en: Chapter, zh: Chapter): string[] {
  return [
    ...compare(zh.path, "headings", ids(en.sections), ids(zh.sections)),
    ...compare(zh.path, "snippets", en.snippets.map(toldSnippet), zh.snippets.map(toldSnippet)),
    ...compare(zh.path, "steps", en.steps, zh.steps),
    ...compare(zh.path, "viewers", en.viewers, zh.viewers),
    ...compare(zh.path, "commands", en.commands.map(toldCommands), zh.commands.map(toldCommands)),
    ...compare(zh.path, "predictions", ids(en.predictions), ids(zh.predictions)),
    ...compare(zh.path, "quiz items", ids(en.quiz), ids(zh.quiz)),
    ...staleSections(en, zh),
  ];
}

function staleSections(en: Chapter, zh: Chapter): string[] {
  const hashes = new Map(en.sections.map((section) => [section.id, sectionHash(section)]));
  return zh.sections
    .filter(({ id, translatedFrom }) => hashes.has(id) && hashes.get(id) !== translatedFrom)
    .map(({ id, line }) => {
      const remedy = `read it beside the English section, then write <!-- en: ${hashes.get(id)} --> below its heading`;
      return `${zh.path}:${line}: section ${id} was translated from an older text: ${remedy}`;
    });
}

function compare(path: string, what: string, en: readonly string[], zh: readonly string[]): string[] {
  const at = en.findIndex((item, index) => item !== zh[index]);
  if (at === -1 && en.length === zh.length) return [];
  const index = at === -1 ? en.length : at;
  return [`${path}: its ${what} differ from the English half's: ${told(zh[index])} in place of ${told(en[index])}`];
}

const told = (item: string | undefined) => (item === undefined ? "none" : JSON.stringify(item));
const ids = (items: readonly { id: string }[]) => items.map(({ id }) => id);
const toldSnippet = ({ file, name, part }: Chapter["snippets"][number]) => `${file}#${name} ${part}`;
/** Output may be told in another language, where it is a person's comment; the commands are the same. */
const toldCommands = ({ id, world, commands }: Chapter["commands"][number]) =>
  [id, world, ...commands.flatMap(({ line, output }) => [line, ...output])].join("\n");
