/** Where the articles err, each with an experiment. */
import { ERRATA } from "../paths.ts";
import { type Bilingual, readRows } from "./fields.ts";

export interface Erratum {
  /** `X14` */
  readonly id: string;
  readonly articles: readonly string[];
  /** A paraphrase. */
  readonly says: Bilingual;
  readonly holds: Bilingual;
  /** What a reader can do to see it. */
  readonly experiment: Bilingual;
}

/** @throws {Error} When one is not as it should be: which one, and which field. */
export function readErrata(path = ERRATA): Erratum[] {
  return readRows(path, "id").map((row) => {
    const erratum = {
      id: row.text("id"),
      articles: row.texts("articles"),
      says: row.bilingual("says"),
      holds: row.bilingual("holds"),
      experiment: row.bilingual("experiment"),
    };
    row.done();
    return erratum;
  });
}
