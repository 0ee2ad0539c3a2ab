/** The words of the book, in both languages. */
import { GLOSSARY } from "../paths.ts";
import type { Language } from "./chapter.ts";
import { type Bilingual, type Fields, readRows } from "./fields.ts";

export interface Term {
  readonly term: Bilingual;
  readonly sentence: Bilingual;
  /** Man pages and specifications that define it. */
  readonly see: readonly string[];
  /** The chapter that explains it first: `13-02`. */
  readonly first: string;
  /** English terms that it is taken for. */
  readonly not: readonly string[];
  /** Words that chapters don't use for it. */
  readonly avoid: Readonly<Record<Language, readonly string[]>>;
}

/** @throws {Error} When a term is not as it should be: which one, and which field. */
export function readGlossary(path = GLOSSARY): Term[] {
  return readRows(path, "term").map((row) => {
    const term = {
      term: { en: row.text("term"), zh: row.text("zh") },
      sentence: row.bilingual("sentence"),
      see: row.texts("see"),
      first: row.text("first"),
      not: row.texts("not"),
      avoid: readAvoid(row.inner("avoid")),
    };
    row.done();
    return term;
  });
}

function readAvoid(fields: Fields): Term["avoid"] {
  const avoid = { en: fields.texts("en"), zh: fields.texts("zh") };
  fields.done();
  return avoid;
}
