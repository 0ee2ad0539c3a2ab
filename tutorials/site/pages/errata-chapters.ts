/** The sections that tell of an erratum: those of the ledger's rows that name it. */
import { readChapters } from "../../book/chapter.ts";
import { readLedger } from "../../book/ledger.ts";

/** @returns `13-02#genuine`, of written chapters only. */
export function chaptersOfErratum(id: string): string[] {
  const anchors = readChapters("en").flatMap((chapter) =>
    chapter.sections.map((section) => `${chapter.id}#${section.id}`),
  );
  const named = readLedger()
    .filter(({ erratum }) => erratum === id)
    .flatMap(({ chapters }) => chapters);
  return [...new Set(named)].filter((anchor) => anchors.includes(anchor));
}
