/** A chapter with a run shows it, once, where it says "See it". */
import type { Chapter } from "../book/chapter.ts";

const OWN_RUN = "see {{viewer}}";

export function checkViewers(chapters: readonly Chapter[]): string[] {
  return chapters.flatMap(({ path, meta, viewers }) => {
    const shown = viewers.filter((viewer) => viewer.endsWith("{{viewer}}"));
    if (meta.run === undefined && shown.length > 0)
      return [`${path}: {{viewer}} shows the run of its head, which names none`];
    if (meta.run === undefined || (shown.length === 1 && shown[0] === OWN_RUN)) return [];
    return [`${path}: its run belongs in section see, once, as {{viewer}}`];
  });
}
